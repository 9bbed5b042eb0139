import { setTimeout as sleep } from 'node:timers/promises';
import { readPassword } from './create-cluster.js';
import { enlist, type Keeper } from './keeper.js';
import { findPostmaster } from './postmaster.js';
import type { Site } from './site.js';
import { stopServer } from './stop-server.js';

const attempts = 5;
const pauseMs = 100;

/**
 * Leaves the site's server, and stops it when nobody else uses it. Where the connection that held our place is gone
 * while a server runs (it may be back, or never have been gone), a new one is made to find that out.
 */
export async function leaveServer(site: Site, keeper: Keeper | undefined): Promise<void> {
  let place = keeper;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (place?.isOpen() !== true) place = await enlistOnce(site);
    if ((await place?.isLastToLeave()) === true) {
      if (!(await stopServer(site))) {
        site.say('The database server has not stopped in time; the next start adopts it.');
      }
      break;
    }
    // Others go on with it, or it is frozen.
    if (place?.isOpen() === true) break;
    if ((await findPostmaster(site)) === undefined) break;
    await sleep(pauseMs);
  }
  place?.drop();
}

async function enlistOnce(site: Site): Promise<Keeper | undefined> {
  const server = await findPostmaster(site);
  if (server?.status !== 'ready') return undefined;
  const enlistment = await enlist(site, server.port, await readPassword(site));
  return enlistment.outcome === 'joined' ? enlistment.keeper : undefined;
}
