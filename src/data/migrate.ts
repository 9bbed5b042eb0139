import path from 'node:path';
import pg from 'pg';
import { explainMigration } from './database-unavailable.js';
import { engineLock } from './engine-lock.js';
import { GuardedClient } from './guarded-client.js';
import { isUpToDate } from './migration-history.js';
import { openMigrationGuard } from './migration-guard.js';
import { prismaDirectory, readDatamodel, readMigrations, type Migration } from './migrations.js';
import type { Patience } from './reach-database.js';

/** Any number that other programs are unlikely to take for an advisory lock: "chatledg" in ASCII. */
const migrationLock = '7163384682270318695';

/**
 * Held, shared, by each script until its transaction ends: PostgreSQL may still work on it when the process that sent
 * it is gone, and its other connection with it. The next number.
 */
const scriptLock = '7163384682270318696';

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
 * @throws DatabaseUnavailableError when somebody else holds a lock for too long, the driver's error when the database
 *   can't be reached, the engine's when a script fails
 */
export async function migrate(
  databaseUrl: string,
  patience: Patience = { wait: 30_000, say: () => undefined },
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
    return await apply(databaseUrl, migrations, patience);
  } catch (error) {
    signal?.throwIfAborted();
    throw explainMigration(error, databaseUrl);
  } finally {
    signal?.removeEventListener('abort', guard.drop);
    guard.close();
  }
}

/** Of the one that is being applied. The engine does so too, a moment later, and may not come to it. */
const markAsFinished = `UPDATE _prisma_migrations SET finished_at = clock_timestamp()
  WHERE finished_at IS NULL AND rolled_back_at IS NULL`;

/**
 * Around a script: the lock that shows that PostgreSQL works on it, and a limit to what it waits for locks of others,
 * behind which all requests would wait in turn.
 */
function asOneTransaction(script: string, wait: number): string {
  return `/* script_lock */ SELECT pg_advisory_xact_lock_shared(${scriptLock}),
    set_config('lock_timeout', '${Math.max(wait, shortestLockTimeout)}', true);
${script}
;${markAsFinished}`;
}

/** The statements of a script that builds indexes beside writes, which PostgreSQL refuses to do in a transaction. */
function oneByOne(script: string): string[] {
  return script
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** Milliseconds. 0 would be no limit. */
const shortestLockTimeout = 1_000;

async function apply(
  databaseUrl: string,
  migrations: readonly Migration[],
  { wait, signal }: Patience,
): Promise<string[]> {
  const { openSchemaEngine } = await import('./schema-engine.js');
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: databaseUrl,
    max: 1,
    application_name: 'chatledger migrate',
  });
  pool.on('connect', (client) => {
    const { connection } = client as pg.PoolClient & Pick<pg.Client, 'connection'>;
    signal?.addEventListener('abort', () => connection.stream.destroy());
  });
  pool.on('error', () => undefined);
  const scripts = new Set(migrations.map(({ sql }) => sql));
  const engine = await openSchemaEngine(await readDatamodel(), pool, (script) => {
    if (!scripts.has(script)) return [script];
    return /\bCONCURRENTLY\b/.test(script) ? oneByOne(script) : [asOneTransaction(script, wait)];
  });
  try {
    const migrationsList = {
      baseDir: path.join(prismaDirectory, 'migrations'),
      lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
      shadowDbInitScript: '',
      migrationDirectories: migrations.map(({ name, sql }) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
      })),
    };
    const filters = { externalTables: [], externalEnums: [] };
    const history = await engine.diagnoseMigrationHistory({
      migrationsList,
      filters,
      optInToShadowDatabase: false,
    });
    for (const migrationName of history.failedMigrationNames) {
      await engine.markMigrationRolledBack({ migrationName });
    }
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    return appliedMigrationNames;
  } finally {
    engine.free();
    await pool.end();
  }
}
