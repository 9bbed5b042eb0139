import { beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, onServer } from '../support/test-database.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { createSession, numbers } from '../support/ledger.js';
import { until } from '../support/until.js';

const start = startsTestApps();
let app: TestApp;
beforeAll(async () => {
  app = await start();
});

async function askReady({ origin }: TestApp): Promise<[number, unknown]> {
  const response = await fetch(`${origin}/ready`);
  return [response.status, await response.json()];
}

const messages = ({ log }: TestApp, beginning: string) =>
  log.filter(({ msg }) => String(msg).startsWith(beginning)).map(({ msg }) => msg);

test('all who ask within a second share one look at the database', async () => {
  const { result, statements } = await app.countingStatements(() =>
    Promise.all(numbers(50).map(() => askReady(app))),
  );
  expect(new Set(result.map(([status]) => status))).toEqual(new Set([200]));
  expect(statements.filter((name) => name === 'takes_no_writes').length).toBeLessThanOrEqual(1);
});

test('a schema older than the program is told of until it fits', async () => {
  const database = await createTestDatabase();
  await database.sql.query('CREATE TABLE aside AS SELECT * FROM _prisma_migrations');
  await database.sql.query('DELETE FROM _prisma_migrations');
  const old = await start({ DATABASE_URL: database.url });
  expect(await askReady(old)).toEqual([
    503,
    {
      status: 'old schema',
      reason: 'The database lacks migrations of this version: run chatledger migrate.',
    },
  ]);
  expect(messages(old, 'Not ready')).toEqual([
    'Not ready: The database lacks migrations of this version: run chatledger migrate.',
  ]);
  await database.sql.query('INSERT INTO _prisma_migrations SELECT * FROM aside');
  // It is looked for, also when nobody asks.
  await until(() => messages(old, 'Ready.').length === 1);
  expect(await askReady(old)).toMatchObject([200, { status: 'ready' }]);
  await old.stop();
  await database.drop();
});

test('a database that takes no writes is told of, and what is there after a failover is found', async () => {
  const client = app.as(newUser());
  await createSession(client);
  const name = new URL(app.database.url).pathname.slice(1);
  const { TEST_SERVER_URL: server = '' } = process.env;
  const setReadOnly = async (setting: 'on' | 'off') => {
    await onServer(server, `ALTER DATABASE "${name}" SET default_transaction_read_only = ${setting}`);
  };
  await setReadOnly('on');
  await app.database.sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  await until(async () => (await askReady(app))[0] === 503);
  await until(async () => {
    const [, body] = await askReady(app);
    return JSON.stringify(body).includes('read-only database');
  });
  expect(messages(app, 'Not ready: The database takes no writes')).toHaveLength(1);

  // The connections that are there stay read-only, as those to a former primary do.
  await setReadOnly('off');
  await until(async () => (await askReady(app))[0] === 200);
  await createSession(client);
});
