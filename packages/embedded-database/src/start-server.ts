import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere, replaceFile } from './cluster-files.js';
import type { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainOutput, isFull } from './failure.js';
import type { FolderLock } from './folder-lock.js';
import { freePort, tryPort } from './free-port.js';
import { launch } from './launch.js';
import { findPostmaster, postmasterFile } from './postmaster.js';
import type { Site } from './site.js';

const pollMs = 10;
const patienceMs = 15_000;

/**
 * Starts a server on the site's cluster and waits until it is ready. It outlives this process. Call it under the
 * start claim, when no server runs, with the lock of the folder, which the server inherits. With `pinnedPort` it listens there or not at all (a `port` error); without, on
 * the port of the last start where that is free.
 */
export async function startServer(
  site: Site,
  lock: FolderLock,
  pinnedPort: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  await removeStalePostmasterFile(site);
  const deadline = Date.now() + patienceMs;
  let port = pinnedPort ?? (await preferredPort(site));
  for (;;) {
    const output = await launch(site, lock, port, signal);
    if (output === undefined) break;
    const error = await explainFailure(site, output);
    if (Date.now() > deadline) throw error;
    if (error.trouble === 'port' && pinnedPort === undefined) port = await freePort();
    else if (!isStillEnding(output)) throw error;
    await sleep(5 * pollMs);
    if ((await findPostmaster(site)) !== undefined) return;
  }
  if ((await readIfThere(site.files.port)) !== String(port))
    await replaceFile(site.files.port, String(port), 0o600);
}

async function preferredPort(site: Site): Promise<number> {
  const recorded = Number(await readIfThere(site.files.port));
  const isPort = Number.isInteger(recorded) && recorded > 0 && recorded < 65_536;
  return (isPort ? await tryPort(recorded) : undefined) ?? (await freePort());
}

// PostgreSQL itself passes over the file of a dead process, but stops at one whose pid now belongs to something else,
// and at an empty one (a crash or a full disk in the middle of writing it). Who holds the lock of the folder knows that
// no other container has a server there.
async function removeStalePostmasterFile(site: Site): Promise<void> {
  const path = postmasterFile(site.files.data);
  if ((await readIfThere(path)) === '') await sleep(50 * pollMs);
  if ((await readIfThere(path)) === undefined || (await findPostmaster(site)) !== undefined) return;
  await rm(path, { force: true });
}

// The processes of a killed server take a moment to notice; or a server that a killed process had started came first.
const isStillEnding = (output: string) =>
  /pre-existing shared memory block|lock file "[^"]*" already exists|lock file "[^"]*" is empty/.test(output);

async function explainFailure(site: Site, output: string): Promise<EmbeddedDatabaseError> {
  const isSilent = output.trim() === '' && (await isFull(site.files.home));
  return explainOutput(
    'The database server did not start',
    site.files.data,
    isSilent ? 'No space left on device' : output,
  );
}
