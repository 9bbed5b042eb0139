import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { joinServer, type Membership } from './join-server.js';
import type { Keeper } from './keeper.js';
import { leaveServer } from './leave-server.js';
import { findPostmaster } from './postmaster.js';
import type { Site } from './site.js';
import { tellServer } from './stop-server.js';

const firstPauseMs = 50;
const longestPauseMs = 2_000;
const checkEveryMs = 2_000;
const closeWithinMs = 5_500;

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
      site.say('Lost the connection to the database server; restarting it.');
      keeper = await rejoin(site, port, signal, toldToLeave);
    }
  };
  const watching = watch();

  const leave = async () => {
    leaving.abort();
    await watching;
    try {
      await leaveServer(site, keeper);
    } catch (error) {
      site.say(`The database server could not be stopped; the next start adopts it. ${String(error)}`);
    }
  };
  // Past the limit it goes on in the background, where the process lets it.
  let left: Promise<unknown> | undefined;
  return async () => {
    await (left ??= Promise.race([leave(), sleep(closeWithinMs, undefined, { ref: false })]));
  };
}

/** Undefined when told to leave meanwhile. */
async function rejoin(
  site: Site,
  port: number,
  signal: AbortSignal,
  toldToLeave: Promise<unknown>,
): Promise<Keeper | undefined> {
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
      if (reason !== told) site.say(`The database server is not back yet; will retry. ${reason}`);
      told = reason;
    }
    await Promise.race([sleep(pauseMs), toldToLeave]);
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
