import { setTimeout as sleep } from 'node:timers/promises';
import { createCluster, isMade, passwordError, readPassword } from './create-cluster.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { enlist, type Keeper } from './keeper.js';
import { describeOwner, lockFolder } from './folder-lock.js';
import { findPostmaster, type Postmaster } from './postmaster.js';
import type { Site } from './site.js';
import { withStartClaim } from './start-claim.js';
import { startServer } from './start-server.js';
import { stopServer } from './stop-server.js';

const pollMs = 20;
const patienceMs = 30_000;
const lockedPollMs = 200;

/** A place among the users of a running server. */
export interface Membership {
  readonly keeper: Keeper;
  readonly server: Postmaster;
  readonly password: string;
}

/**
 * Joins the server of the site, starting it (and making the cluster) where none runs; waits for one that is just
 * being stopped or started. `pinnedPort` is given to bring back a server: it then listens on that port or not at
 * all, and no new cluster is made.
 */
export async function joinServer(site: Site, signal: AbortSignal, pinnedPort?: number): Promise<Membership> {
  let deadline = Date.now() + patienceMs;
  let startedHere = false;
  let toldLocked = false;
  for (;;) {
    signal.throwIfAborted();
    const server = await findPostmaster(site);
    if (server === undefined) {
      const start = await startUnlessRunning(site, signal, pinnedPort);
      if (start === 'locked') {
        if (Date.now() > deadline) throw await locked(site);
        if (!toldLocked) site.say(`Waiting for ${await describeOwner(site)}, which uses ${site.files.home}.`);
        toldLocked = true;
        await sleep(lockedPollMs);
        continue;
      }
      startedHere = start === 'started';
      deadline = Date.now() + patienceMs;
      continue;
    }
    if (server.status === 'starting') deadline = Date.now() + patienceMs;
    let cause: unknown = `It is ${server.status}.`;
    if (server.status === 'ready') {
      const password = await readPassword(site);
      const joined = await enlist(site, server.port, password);
      if (joined.outcome === 'joined') {
        announce(site, server, joined.keeper, startedHere);
        return { keeper: joined.keeper, server, password };
      }
      if (joined.outcome === 'wrong-password') {
        // Nobody can use it, so nobody would ever stop it.
        if (startedHere) await stopServer(site);
        throw passwordError(
          `The database does not accept the password in ${site.files.password}.`,
          site,
          joined.cause,
        );
      }
      cause = joined.cause;
    }
    if (Date.now() > deadline) throw unresponsive(server, cause);
    await sleep(pollMs);
  }
}

async function startUnlessRunning(
  site: Site,
  signal: AbortSignal,
  pinnedPort?: number,
): Promise<'started' | 'running' | 'locked'> {
  return await withStartClaim(site.files.home, signal, async () => {
    if ((await findPostmaster(site)) !== undefined) return 'running';
    const lock = await lockFolder(site);
    if (lock === undefined) return 'locked';
    try {
      if (!(await isMade(site))) {
        if (pinnedPort !== undefined) throw vanished(site);
        site.say(`Preparing a database in ${site.files.home} ...`);
        await createCluster(site);
      }
      await readPassword(site);
      await startServer(site, lock, pinnedPort, signal);
      return 'started';
    } finally {
      await lock.release();
    }
  });
}

function announce(site: Site, server: Postmaster, keeper: Keeper, startedHere: boolean): void {
  const where = `(process ${server.pid}, port ${server.port})`;
  if (startedHere) site.say(`Started the database server in ${site.files.home} ${where}.`);
  else if (keeper.cameAlone)
    site.say(`Adopting the database server that an earlier process left running ${where}.`);
  else site.say(`Sharing the database server that another process uses ${where}.`);
}

// Those who hold the connection string of the old database could not use a new one.
const vanished = ({ files }: Site) =>
  new EmbeddedDatabaseError(
    'folder',
    `The database in ${files.root} has been removed. Put it back, or restart.`,
  );

const locked = async (site: Site) =>
  new EmbeddedDatabaseError(
    'server',
    `The database in ${site.files.root} is in use by ${await describeOwner(site)}. One container at a time can use it: stop that one, use another folder, or give both a PostgreSQL of your own.`,
  );

const unresponsive = ({ pid, status }: Postmaster, cause: unknown) =>
  new EmbeddedDatabaseError(
    'server',
    `A database server on this data folder (process ${pid}, ${status}) has not answered for ${patienceMs / 1000} seconds. ` +
      `If nothing else uses it, end it (kill -QUIT ${pid}; if it stays, kill -9 ${pid}) and start again. ${String(cause)}`,
    { cause },
  );
