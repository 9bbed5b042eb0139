import path from 'node:path';
import pg from 'pg';
import { GuardedClient } from './guarded-client.js';
import { prismaDirectory, readDatamodel, readMigrations } from './migrations.js';

/** The input of `applyMigrations`, which can be sent to another thread. */
export interface MigrationWork {
  readonly databaseUrl: string;
  /** Milliseconds to wait for locks that others hold. */
  readonly wait: number;
}

/**
 * Held, shared, by each script until its transaction ends: PostgreSQL may still work on it when the process that sent
 * it is gone, and its other connection with it. One more than the number of the lock for migrations.
 */
export const scriptLock = '7163384682270318696';

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

/**
 * Applies the migrations that a database lacks, while the caller keeps everybody else from doing so.
 *
 * @returns the names of those applied
 * @throws the engine's error when a script fails, the driver's when the database can't be reached
 */
export async function applyMigrations({ databaseUrl, wait }: MigrationWork): Promise<string[]> {
  const [migrations, { openSchemaEngine }] = await Promise.all([
    readMigrations(),
    import('./schema-engine.js'),
  ]);
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: databaseUrl,
    max: 1,
    application_name: 'chatledger migrate',
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
