import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { withDatabaseErrors } from '../../src/data/database-error.js';
import { openDatabase } from '../../src/data/database.js';
import { graphql } from '../support/generated/gql.js';
import { createSession, numbers } from '../support/ledger.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { databaseDown, setsStage, type Scene } from './stage.js';
import type { Traffic } from './traffic.js';

const stage = setsStage();

const brokeOff = 'A database connection broke.';

/** Waits until many requests were refused, and few of them only after the database was asked: the probes. */
async function failsFast(scene: Scene, traffic: Traffic): Promise<void> {
  const asked = scene.logged('A request failed.');
  await traffic.refuses(100);
  expect(scene.logged('A request failed.') - asked).toBeLessThan(50);
}

test('the database is stopped and comes back', async () => {
  const scene = await stage.open();
  const traffic = await scene.traffic();
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    await traffic.acknowledges(20);
    await stage.postgres.stop();
    await traffic.during(until(() => scene.isDown()));
    await failsFast(scene, traffic);
    expect(await scene.probes()).toEqual({ health: 200, ready: 503 });
    await stage.postgres.start();
    await traffic.acknowledges(20);
    await until(() => !scene.isDown());
  }
  await scene.survived('database stopped, and started again', times, traffic);
});

test('the database is killed with writes in flight', async () => {
  const scene = await stage.open();
  const traffic = await scene.traffic({ writers: 8 });
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    await traffic.acknowledges(50);
    await stage.postgres.kill();
    await traffic.refuses(5);
    await stage.postgres.start();
    await traffic.acknowledges(20);
  }
  await scene.survived('database killed (SIGKILL) with writes in flight', times, traffic);
});

/** Ends connections of the server: those of its pool, and the one for hints too. @returns how many */
async function terminate({ sql }: Scene, which: 'pool' | 'all'): Promise<number> {
  const { rowCount } = await sql.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE $1`,
    [which === 'pool' ? 'chatledger' : 'chatledger%'],
  );
  return rowCount ?? 0;
}

test('all connections are ended every 450 ms under 8 writers', async () => {
  const scene = await stage.open();
  const traffic = await scene.traffic({ writers: 8 });
  const times = rounds(10);
  let ended = 0;
  for (let round = 1; round <= times; round += 1) {
    await traffic.during(sleep(450));
    ended += await terminate(scene, 'all');
  }
  expect(ended).toBeGreaterThan(times);
  // The database is not dead: nobody is refused for that.
  expect(scene.logged(databaseDown)).toBe(0);
  await scene.survived('all connections ended every 450 ms under 8 writers', times, traffic);
});

test('idle connections are cut', async () => {
  const scene = await stage.open();
  const client = scene.server.as('alice');
  const times = rounds(5);
  for (let round = 1; round <= times; round += 1) {
    // More at once than one connection takes.
    await Promise.all(numbers(10).map(() => createSession(client)));
    const broken = scene.logged(brokeOff);
    const ended = await terminate(scene, 'pool');
    expect(ended).toBeGreaterThan(1);
    await until(() => scene.logged(brokeOff) === broken + ended);
    await Promise.all(numbers(10).map(() => createSession(client)));
  }
  await scene.survived('idle connections cut', times);
});

const ReadSide = graphql(`
  query FaultsReadSide($id: ID!) {
    chatSession(id: $id) {
      title
    }
    chatSessions {
      totalCount
    }
  }
`);

test('the database is frozen and thawed', async () => {
  const scene = await stage.open({ DATABASE_TIMEOUT_MILLISECONDS: '3000' });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const traffic = await scene.traffic({ writers: 8 });
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    await traffic.acknowledges(20);
    await stage.postgres.freeze();
    const { TIMEOUT: before = 0 } = traffic.codes;
    await traffic.during(until(() => (traffic.codes['TIMEOUT'] ?? 0) > before));
    await traffic.during(until(() => scene.isDown()));
    await failsFast(scene, traffic);
    expect(await scene.probes()).toEqual({ health: 200, ready: 503 });
    stage.postgres.thaw();
    await traffic.acknowledges(20);
    await until(() => !scene.isDown());
    expect(await client.runOk(ReadSide, { id })).toMatchObject({ chatSessions: { totalCount: 1 } });
  }
  await scene.survived('database frozen (SIGSTOP), and thawed', times, traffic);
});

test('what Prisma sends is given up in time when the database is frozen, and not sent while it is', async () => {
  const url = await stage.postgres.newDatabase();
  let [downs, backs] = [0, 0];
  const database = openDatabase({
    url,
    statementTimeout: 3_000,
    onDown: () => (downs += 1),
    onBack: () => (backs += 1),
  });
  const count = () => withDatabaseErrors(database.prisma.deletedChatSession.count());
  const countAll = () => Promise.allSettled(numbers(5).map(count));
  try {
    expect(await countAll()).toEqual(numbers(5).map(() => ({ status: 'fulfilled', value: 0 })));
    await stage.postgres.freeze();
    const timeout = { status: 'rejected', reason: { kind: 'timeout' } };
    expect(await countAll()).toMatchObject(numbers(5).map(() => timeout));
    await expect(count()).rejects.toMatchObject({ kind: 'down' });
    expect({ downs, backs }).toEqual({ downs: 1, backs: 0 });
    stage.postgres.thaw();
    await until(() =>
      count().then(
        () => true,
        () => false,
      ),
    );
    expect({ downs, backs }).toEqual({ downs: 1, backs: 1 });
  } finally {
    stage.postgres.thaw();
    await database.close();
  }
});

test('the clock is set back', async () => {
  const scene = await stage.open();
  const traffic = await scene.traffic();
  const times = rounds(3);
  const read = async () => {
    const { rows } = await scene.sql.query<{ id: string; time: number }>(
      `SELECT id, extract(epoch FROM "updatedAt")::float8 AS time FROM "ChatSession"`,
    );
    return new Map(rows.map(({ id, time }) => [id, time]));
  };
  for (let round = 1; round <= times; round += 1) {
    await traffic.acknowledges(20);
    // As if the clock had been a day ahead until now.
    await scene.sql.query(`UPDATE "ChatSession" SET "updatedAt" = "updatedAt" + interval '1 day'`);
    const before = await read();
    await traffic.acknowledges(20);
    for (const [id, time] of await read()) expect(time).toBeGreaterThanOrEqual(before.get(id) ?? Infinity);
  }
  await scene.survived('clock set back by a day', times, traffic);
});
