import { Worker } from 'node:worker_threads';
import { scriptLock, type MigrationWork } from './apply-migrations.js';
import { explainMigration } from './database-unavailable.js';
import { engineLock } from './engine-lock.js';
import { isUpToDate } from './migration-history.js';
import { openMigrationGuard } from './migration-guard.js';
import { readMigrations } from './migrations.js';
import type { Patience } from './reach-database.js';

/** Any number that other programs are unlikely to take for an advisory lock: "chatledg" in ASCII. */
const migrationLock = '7163384682270318695';

/**
 * Brings the database to the model of this version.
 *
 * Any number of processes may call it at once: an advisory lock lets one apply while the others wait, and then
 * they find nothing to do. A migration that was cut off half-way has left nothing behind, because each script is one
 * transaction, in which it is also marked as finished; it is applied again. When the process was killed and PostgreSQL
 * still works on its script, that is waited for. A script that builds indexes concurrently can't be a transaction: it
 * drops first what an earlier try of it has left.
 *
 * @returns names of the migrations applied now, empty when the database was up to date
 * @param patience for locks that others hold. Default: 30 s, without a report
 * @param apply applies the migrations that are missing. Default: in a thread of its own
 * @throws DatabaseUnavailableError when somebody else holds a lock for too long, the driver's error when the database
 *   can't be reached, the engine's when a script fails
 */
export async function migrate(
  databaseUrl: string,
  patience: Patience = { wait: 30_000, say: () => undefined },
  apply: typeof applyInThread = applyInThread,
): Promise<string[]> {
  const migrations = await readMigrations();
  const { signal } = patience;
  signal?.throwIfAborted();
  const guard = await openMigrationGuard(databaseUrl);
  signal?.addEventListener('abort', guard.drop);
  try {
    if (await isUpToDate(guard.read, migrations)) return [];
    await guard.hold(migrationLock, patience);
    await guard.hold(engineLock, patience);
    await guard.awaitFree(scriptLock, patience);
    if (await isUpToDate(guard.read, migrations)) return [];
    return await apply({ databaseUrl, wait: patience.wait }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw explainMigration(error, databaseUrl);
  } finally {
    signal?.removeEventListener('abort', guard.drop);
    guard.close();
  }
}

const workerFile = new URL('./migration-worker.js', import.meta.url);

/**
 * Applies migrations in a thread of its own, whose end gives back what Prisma's schema engine takes: about 70 MB.
 *
 * @param signal ends the thread, and with it its connections, when aborted
 */
function applyInThread(work: MigrationWork, signal: AbortSignal | undefined): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, { workerData: work });
    const end = () => void worker.terminate();
    let applied: string[] | undefined;
    signal?.addEventListener('abort', end);
    worker.once('message', (names: string[]) => (applied = names));
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', end);
      if (applied) resolve(applied);
      else reject(new Error('The migration was ended before it was done.'));
    });
  });
}
