import path from 'node:path';
import pg from 'pg';
import { waitedFor } from './connection.js';
import { GuardedClient } from './guarded-client.js';
import { prismaDirectory, readDatamodel, readMigrations, type Migration } from './migrations.js';

/** Any number that other programs are unlikely to take for an advisory lock: "chatledg" in ASCII. */
const migrationLock = '7163384682270318695';

/**
 * Held, shared, by the connection over which scripts are applied: PostgreSQL may still work for it when the process
 * that asked for it is gone, and its other connection with it. The next number.
 */
const scriptLock = '7163384682270318696';

/**
 * Brings the database to the model of this version.
 *
 * Any number of processes may call it at once: an advisory lock lets one apply while the others wait, and then
 * they find nothing to do. A migration that was cut off half-way has left nothing behind, because each script is one
 * transaction, in which it is also marked as finished; it is applied again. When the process was killed and PostgreSQL
 * still works on its script, that is waited for.
 *
 * @returns names of the migrations applied now, empty when the database was up to date
 * @throws the driver's error when the database can't be reached, the engine's when a script fails
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const migrations = await readMigrations();
  const guard = new GuardedClient({ connectionString: databaseUrl, application_name: 'chatledger migrate' });
  // A cut connection also rejects the statement that is under way; this keeps it from ending the process.
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    if (await isUpToDate(guard, migrations)) return [];
    await guard.query('/* migration_lock */ SELECT pg_advisory_lock($1::bigint)', [migrationLock]);
    await guard.query('/* migration_lock */ SELECT pg_advisory_lock($1::bigint)', [scriptLock]);
    await guard.query('/* migration_unlock */ SELECT pg_advisory_unlock($1::bigint)', [scriptLock]);
    if (await isUpToDate(guard, migrations)) return [];
    return await apply(databaseUrl, migrations);
  } finally {
    await guard.end();
  }
}

/**
 * Whether all our migrations are there. Answers without the engine, whose WebAssembly costs a start 100 ms and
 * the process its memory. Migrations of a newer version do not matter here: they only add.
 */
async function isUpToDate(client: pg.Client, migrations: readonly Migration[]): Promise<boolean> {
  const applied = (await readHistory(client)).filter(({ state }) => state === 'applied');
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  return migrations.every(({ name, checksum }) => checksums.get(name) === checksum);
}

/** A migration that was begun on a database. */
export interface BegunMigration extends Pick<Migration, 'name' | 'checksum'> {
  readonly state: 'applied' | 'unfinished' | 'rolled back';
}

/** The migrations that were begun, in this order; one that was rolled back may be there again. */
export async function readHistory(client: pg.ClientBase): Promise<BegunMigration[]> {
  const table = await client.query<{ found: string | null }>(
    `/* migrations_table */ SELECT to_regclass('_prisma_migrations')::text AS found`,
  );
  if (table.rows[0]?.found == null) return [];
  const { rows } = await client.query<BegunMigration>(
    `/* migrations_begun */ SELECT migration_name AS name, checksum,
       CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back'
         WHEN finished_at IS NULL THEN 'unfinished' ELSE 'applied' END AS state
     FROM _prisma_migrations ORDER BY started_at`,
  );
  return rows;
}

/** Of the one that is being applied. The engine does so too, a moment later, and may not come to it. */
const markAsFinished = `UPDATE _prisma_migrations SET finished_at = clock_timestamp()
  WHERE finished_at IS NULL AND rolled_back_at IS NULL`;

async function apply(databaseUrl: string, migrations: readonly Migration[]): Promise<string[]> {
  const { openSchemaEngine } = await import('./schema-engine.js');
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: databaseUrl,
    max: 1,
    application_name: 'chatledger migrate',
    onConnect: waitedFor((client) =>
      client.query('/* script_lock */ SELECT pg_advisory_lock_shared($1::bigint)', [scriptLock]),
    ),
  });
  pool.on('error', () => undefined);
  const scripts = new Set(migrations.map(({ sql }) => sql));
  const engine = await openSchemaEngine(await readDatamodel(), pool, (script) =>
    scripts.has(script) ? `${script}\n;${markAsFinished}` : script,
  );
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
