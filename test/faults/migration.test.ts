import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { numbers } from '../support/ledger.js';
import { launch } from '../support/server-process.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

async function expectMigrated({ sql }: Scene): Promise<void> {
  const entries = await readdir('prisma/migrations', { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  const { rows } = await sql.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(names);
}

test('several servers start on an empty database at once', async () => {
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    const database = await stage.postgres.newDatabase('empty');
    const scenes = await Promise.all(numbers(3).map(() => stage.open({ MIGRATE: 'on' }, database)));
    for (const scene of scenes) await expectMigrated(scene);
    for (const scene of scenes.slice(1)) await scene.survived('two more servers started at once', 1);
  }
});

/** Lets a database stop before it makes its first index, until `release`. */
async function stallsMigrations(database: string) {
  const client = new pg.Client({ connectionString: database, application_name: 'test' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`
    CREATE SCHEMA staging;
    CREATE FUNCTION staging.stall() RETURNS event_trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); END $$;
    CREATE EVENT TRIGGER stall ON ddl_command_start WHEN TAG IN ('CREATE INDEX')
      EXECUTE FUNCTION staging.stall();
    SELECT pg_advisory_lock(1)`);
  return {
    isStalled: async () => {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%CREATE SCHEMA%'
         AND application_name = 'chatledger migrate' AND datname = current_database()`,
      );
      return rows.length > 0;
    },
    end: async (how: 'it goes on' | 'it is ended') => {
      if (how === 'it is ended') {
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'chatledger migrate' AND datname = current_database()`,
        );
      }
      await client.query('DROP EVENT TRIGGER stall');
      await client.end();
    },
  };
}

test.each(['it goes on', 'it is ended'] as const)(
  'a start is killed in the midst of a migration, while PostgreSQL works for it: %s',
  async (how) => {
    const times = rounds(1);
    for (let round = 1; round <= times; round += 1) {
      const database = await stage.postgres.newDatabase('empty');
      const stall = await stallsMigrations(database);
      const killed = launch(['serve'], { PORT: '0', DATABASE_URL: database });
      const exited = once(killed, 'exit');
      try {
        await until(() => stall.isStalled());
      } finally {
        killed.kill('SIGKILL');
        await exited;
      }
      // The next one starts while what the first one has left is still there.
      const next = stage.open({ MIGRATE: 'on' }, database);
      await stall.end(how);
      const scene = await next;
      await expectMigrated(scene);
      await scene.survived(`start killed in the midst of a migration, in the database ${how}`, 1);
    }
  },
);
