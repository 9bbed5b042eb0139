import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  Append,
  appendOne,
  createSession,
  member,
  readSession,
  updateContent,
  UpdateToolContent,
} from '../support/ledger.js';
import { onServer } from '../support/test-database.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

const row = 'SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE';

const newMessage = () => ({ id: randomUUID(), role: 'USER', content: randomUUID() }) as const;

/** A server that gives up early, and a session on it. */
async function openSession(environment: Record<string, string> = {}) {
  const scene = await stage.open({ DATABASE_TIMEOUT_MILLISECONDS: '3000', ...environment });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  return { scene, client, id };
}

test('a statement that takes too long ends with TIMEOUT, and can be sent again', async () => {
  const { scene, client, id } = await openSession();
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold(row, [id]);
    const input = { sessionId: id, message: newMessage() };
    const error = await client.runError(Append, { input });
    expect(error.extensions).toMatchObject({ code: 'TIMEOUT', retryable: true });
    await release();
    const { appendChatMessage } = await client.runOk(Append, { input });
    expect(appendChatMessage).toMatchObject({ replayed: false, chatMessage: { sequence: round - 1 } });
  }
  await scene.survived('statement slower than its limit', times);
});

test('when all connections for writes are taken, other writes are refused, and succeed once a connection is free', async () => {
  const { scene, client, id } = await openSession({
    // The third is for reads.
    DATABASE_POOL_SIZE: '3',
    DATABASE_TIMEOUT_MILLISECONDS: '16000',
  });
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold(row, [id]);
    // One user alone could not take both.
    const taking = [client, scene.server.as()].map((each) => appendOne(each, id, newMessage()));
    await until(async () => (await scene.waiting()) === 2);
    const input = { sessionId: randomUUID(), message: newMessage() };
    const { extensions } = await scene.server.as('bob').runError(Append, { input });
    expect(extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(await readSession(client, id)).toMatchObject({ messageCount: 2 * (round - 1) });
    await release();
    for (const result of await Promise.all(taking)) member(result, 'AppendChatMessageSuccess');
    await createSession(client);
  }
  await scene.survived('pool exhausted', times);
});

test('a lock that somebody else holds is waited for', async () => {
  const { scene, client, id } = await openSession({ DATABASE_TIMEOUT_MILLISECONDS: '60000' });
  const times = rounds(5);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold(row, [id]);
    const append = appendOne(client, id, newMessage());
    await until(async () => (await scene.waiting()) === 1);
    // Nobody else has to wait for it.
    expect(await readSession(client, id)).toMatchObject({ messageCount: round - 1 });
    await createSession(client);
    await release();
    member(await append, 'AppendChatMessageSuccess');
  }
  await scene.survived('row locked by somebody else', times);
});

/** What PostgreSQL has counted of the database, a moment ago. */
async function statistic({ sql }: Scene, column: 'deadlocks' | 'xact_rollback'): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `SELECT ${column}::int AS count FROM pg_stat_database WHERE datname = current_database()`,
  );
  return rows[0]?.count ?? 0;
}

test('a deadlock costs the caller nothing but time', async () => {
  const { scene, client, id } = await openSession({ DATABASE_TIMEOUT_MILLISECONDS: '60000' });
  const toolCallId = 'call';
  const tool = { ...newMessage(), role: 'TOOL', toolCallId } as const;
  member(await appendOne(client, id, tool), 'AppendChatMessageSuccess');
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    const holder = await scene.connect();
    await holder.query('BEGIN');
    // The other one is to find it, and so to be the one whose statement is cancelled.
    await holder.query(`SET LOCAL deadlock_timeout = '1min'`);
    await holder.query('SELECT FROM "ChatMessage" WHERE id = $1 FOR UPDATE', [tool.id]);
    const content = `result ${round}`;
    const update = updateContent(client, { sessionId: id, toolCallId, content });
    await until(async () => (await scene.waiting()) === 1);
    await holder.query(row, [id]);
    await holder.query('COMMIT');
    await holder.end();
    expect(await update).toMatchObject({ chatMessage: { content } });
  }
  await until(async () => (await statistic(scene, 'deadlocks')) === times);
  await scene.survived('deadlock', times);
});

test('a deadlock that comes again and again ends with SERVICE_UNAVAILABLE', async () => {
  const { scene, client, id } = await openSession({ DATABASE_TIMEOUT_MILLISECONDS: '60000' });
  await scene.sql.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$;
    CREATE TRIGGER fail BEFORE UPDATE ON "ChatMessage" EXECUTE FUNCTION fail()`);
  const toolCallId = 'call';
  await appendOne(client, id, { ...newMessage(), role: 'TOOL', toolCallId });
  const input = { sessionId: id, toolCallId, content: 'result' };
  const error = await client.runError(UpdateToolContent, { input });
  expect(error.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  await scene.sql.query('DROP FUNCTION fail CASCADE');
  member(await updateContent(client, input), 'UpdateToolMessageContentSuccess');
  await scene.survived('deadlock that comes again each time', 1);
});

test('what can not be serialised is tried again', async () => {
  const database = await stage.postgres.newDatabase();
  const name = new URL(database).pathname.slice(1);
  await onServer(database, `ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`);
  const scene = await stage.open({}, database);
  const traffic = await scene.traffic({ writers: 12 });
  const times = rounds(50);
  // Each append that waits while a session changes fails once: no luck is needed, however slow the machine is.
  const holder = await scene.connect();
  const changeSessions = async () => {
    await holder.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await holder.query('UPDATE "ChatSession" SET title = title');
    await until(async () => (await scene.waiting()) > 0);
    await holder.query('COMMIT');
    return (await statistic(scene, 'xact_rollback')) >= times;
  };
  await traffic.during(until(changeSessions, rounds(90_000)));
  await scene.survived('serialisation failures (REPEATABLE READ, 12 writers of 3 sessions)', times, traffic);
});
