import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { readPassword } from './create-cluster.js';
import { joinServer, type Membership } from './join-server.js';
import { enlist, type Keeper } from './keeper.js';
import { findPostmaster } from './postmaster.js';
import type { Site } from './site.js';
import { stopServer, tellServer } from './stop-server.js';

const firstPauseMs = 50;
const longestPauseMs = 2_000;
const checkEveryMs = 2_000;
const settleWithinMs = 1_500;
const closeWithinMs = 6_000;

/**
 * Watches over a server that was joined: when the connection that holds our place is lost, joins or starts it again
 * on the same port, for as long as it takes. Returns the function that leaves; the last one stops the server.
 */
export function keepServer(site: Site, membership: Membership): () => Promise<void> {
  const { port } = membership.server;
  const leaving = new AbortController();
  const { signal } = leaving;
  let keeper: Keeper | undefined = membership.keeper;

  const toldToLeave = new Promise<'leave'>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve('leave');
    });
  });

  const watch = async () => {
    while (keeper !== undefined) {
      const check = setInterval(() => void endHalfStopped(site), checkEveryMs).unref();
      const event = await Promise.race([toldToLeave, keeper.lost]);
      clearInterval(check);
      if (event === 'leave') return;
      keeper = undefined;
      site.say('The connection with the database server was lost: bringing it back.');
      keeper = await rejoin(site, port, signal);
    }
  };
  const watching = watch();

  const leave = async () => {
    leaving.abort();
    await Promise.race([watching, sleep(settleWithinMs, undefined, { ref: false })]);
    try {
      // The server may be back, or never have been gone, when the connection is still to be made anew.
      const place = keeper ?? (await enlistOnce(site));
      if ((await place?.isLastToLeave()) === true && !(await stopServer(site))) {
        site.say('The database server has not stopped in time; the next start adopts it.');
      }
      place?.drop();
    } catch (error) {
      site.say(`The database server could not be stopped; the next start adopts it. ${String(error)}`);
    }
    void watching.then(() => keeper?.drop());
  };
  let left: Promise<unknown> | undefined;
  return async () => {
    await (left ??= Promise.race([leave(), sleep(closeWithinMs, undefined, { ref: false })]));
  };
}

async function enlistOnce(site: Site): Promise<Keeper | undefined> {
  const server = await findPostmaster(site);
  if (server?.status !== 'ready') return undefined;
  const enlistment = await enlist(server.port, await readPassword(site));
  return enlistment.outcome === 'joined' ? enlistment.keeper : undefined;
}

/** Undefined when told to leave meanwhile. */
async function rejoin(site: Site, port: number, signal: AbortSignal): Promise<Keeper | undefined> {
  let pauseMs = firstPauseMs;
  let told = '';
  const isLeaving = () => signal.aborted;
  while (!isLeaving()) {
    try {
      const { keeper, server } = await joinServer(site, signal, port);
      if (server.port !== port) {
        site.say(
          `The database server now listens on port ${server.port} instead of ${port}: restart this process.`,
        );
      }
      return keeper;
    } catch (error) {
      if (isLeaving()) break;
      const reason = types.isNativeError(error) ? error.message : String(error);
      if (reason !== told) site.say(`The database server is not back yet, trying again. ${reason}`);
      told = reason;
    }
    await sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }
  return undefined;
}

// Asked to shut down politely (SIGTERM, as by killall), PostgreSQL lets nobody in and waits for those who are there,
// among them us: it would stay like that for ever.
async function endHalfStopped(site: Site): Promise<void> {
  try {
    const server = await findPostmaster(site);
    if (server?.status === 'stopping') await tellServer(site, server.pid, 'fast');
  } catch {
    // What is wrong with the folder shows at the next start; the server goes on.
  }
}
