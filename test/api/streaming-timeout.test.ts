import { describe, expect, test } from '@jest/globals';
import { member, numbers, readMessages, readSession } from '../support/ledger.js';
import { openAnswer, start } from '../support/streaming.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const startApp = startsTestApps();

/** The shortest patience that can be set. */
const impatient = { STREAM_TIMEOUT_SECONDS: '1' };

/** An answer that holds `abc`, and of whose writer nothing is heard until it has failed. */
async function abandonedAnswer(app: TestApp) {
  const answer = await openAnswer(app.as(newUser()), { content: 'a' });
  await answer.write('b', 'c');
  await untilFailed(app, answer.id);
  return answer;
}

async function untilFailed({ database }: TestApp, id: string): Promise<void> {
  await until(async () => {
    const { rows } = await database.sql.query('SELECT status::text FROM "ChatMessage" WHERE id = $1', [id]);
    return (rows as { status: string }[])[0]?.status === 'failed';
  });
}

describe('an answer of whose writer nothing is heard', () => {
  test('fails, keeps its text, and moves its session on', async () => {
    const app = await startApp(impatient);
    const { client, sessionId, started, read } = await abandonedAnswer(app);
    const message = await read();
    expect(message).toEqual({
      ...started,
      status: 'FAILED',
      content: 'abc',
      revision: 4,
      updatedAt: expect.any(String),
    });
    expect(Date.parse(message.updatedAt) - Date.parse(started.updatedAt)).toBeGreaterThanOrEqual(1_000);
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 4, updatedAt: message.updatedAt });
    await until(() => app.log.some(({ messages }) => messages === 1));
    const { rows } = await app.database.sql.query('SELECT FROM "ChatMessageStream"');
    expect(rows).toEqual([]);
  });

  test('takes no more text, but the end that comes late', async () => {
    const app = await startApp(impatient);
    const [kept, replaced] = await Promise.all([abandonedAnswer(app), abandonedAnswer(app)]);
    for (const delta of ['d', '']) {
      expect(await kept.extend(3, delta)).toMatchObject({
        __typename: 'MessageNotInProgressError',
        status: 'FAILED',
      });
    }
    const end = { usage: { promptTokens: 1, completionTokens: 2 } };
    expect(await kept.finished(end)).toMatchObject({ status: 'COMPLETE', content: 'abc', revision: 5 });
    expect(await kept.finish(end)).toMatchObject({ replayed: true, chatMessage: { revision: 5 } });
    expect(await kept.finish()).toMatchObject({
      __typename: 'MessageNotInProgressError',
      status: 'COMPLETE',
    });
    expect(await readSession(kept.client, kept.sessionId)).toMatchObject({
      revision: 6,
      totalPromptTokens: 1,
      totalCompletionTokens: 2,
    });
    expect(await replaced.finished({ content: 'all of it' })).toMatchObject({ content: 'all of it' });
    expect(await replaced.read()).toMatchObject({ status: 'COMPLETE', content: 'all of it', revision: 5 });
  });

  test('stays failed when its writer says so late', async () => {
    const app = await startApp(impatient);
    const { finished, finish } = await abandonedAnswer(app);
    const end = await finished({ status: 'FAILED' });
    expect(end).toMatchObject({ status: 'FAILED', content: 'abc', revision: 5 });
    expect(await finish({ status: 'FAILED' })).toMatchObject({ replayed: true, chatMessage: end });
    expect(await finish()).toMatchObject({ __typename: 'MessageNotInProgressError', status: 'FAILED' });
  });

  test('fails once, however many processes look for it', async () => {
    const app = await startApp(impatient);
    const { url } = app.database;
    const others = await Promise.all(numbers(3).map(() => startApp({ ...impatient, DATABASE_URL: url })));
    const { client, sessionId, write } = await openAnswer(app.as(newUser()));
    await write('a');
    // More than are looked for at a time.
    const ids = await Promise.all(
      numbers(119).map(async () => {
        const result = await start(client, { sessionId, content: 'a' });
        return member(result, 'StartChatMessageSuccess').chatMessage.id;
      }),
    );
    const statuses = async () => {
      const { rows } = await app.database.sql.query<{ status: string; messages: number }>(
        'SELECT status::text, count(*)::int AS messages FROM "ChatMessage" GROUP BY status',
      );
      return rows;
    };
    await until(async () => (await statuses()).every(({ status }) => status !== 'in_progress'));
    expect(await statuses()).toEqual([{ status: 'failed', messages: ids.length + 1 }]);
    const messages = await readMessages(client, sessionId);
    expect(messages.every(({ content }) => content === 'a')).toBe(true);
    expect(new Set(messages.map(({ revision }) => revision)).size).toBe(messages.length);
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 241 });
    const logged = () =>
      [app, ...others].flatMap(({ log }) =>
        log.flatMap(({ messages: n }) => (typeof n === 'number' ? [n] : [])),
      );
    await until(() => logged().reduce((sum, n) => sum + n, 0) === 120);
  });
});

test('a sign of life now and then keeps an answer in progress', async () => {
  const app = await startApp(impatient);
  const { client, sessionId, id, extend } = await openAnswer(app.as(newUser()), { content: 'thinking' });
  const silent = member(await start(client, { sessionId }), 'StartChatMessageSuccess').chatMessage.id;
  await until(async () => {
    await extend(8, '');
    return (await readSession(client, sessionId)).revision === 3;
  });
  const { rows } = await app.database.sql.query(
    'SELECT id, status::text FROM "ChatMessage" ORDER BY sequence',
  );
  expect(rows).toEqual([
    { id, status: 'in_progress' },
    { id: silent, status: 'failed' },
  ]);
  await untilFailed(app, id);
  expect(await readMessages(client, sessionId)).toMatchObject([{ content: 'thinking', revision: 4 }, {}]);
});

test('a sweep that fails is logged, and the next one does its work', async () => {
  const app = await startApp(impatient);
  const { sql } = app.database;
  const { id } = await openAnswer(app.as(newUser()), { content: 'a' });
  await sql.query('ALTER TABLE "ChatMessageStream" RENAME TO hidden');
  await until(() => app.log.some(({ msg }) => String(msg).startsWith('Cleanup failed')));
  expect(app.log.find(({ err }) => err !== undefined)).toMatchObject({ level: 'warn' });
  await sql.query('ALTER TABLE hidden RENAME TO "ChatMessageStream"');
  await untilFailed(app, id);
});

test('what is known of deletions is forgotten after 30 days', async () => {
  const { database } = await startApp();
  const insert = (user: string, days: number) =>
    database.sql.query(
      `INSERT INTO "DeletedChatSession" VALUES (gen_random_uuid(), $1, 1, now() - $2 * interval '1 day')`,
      [user, days],
    );
  await insert('new', 0);
  await insert('still', 29);
  await insert('old', 31);
  await insert('ancient', 400);
  await startApp({ DATABASE_URL: database.url, STREAM_TIMEOUT_SECONDS: '1' });
  const left = async () => {
    const { rows } = await database.sql.query<{ userId: string }>(
      'SELECT "userId" FROM "DeletedChatSession" ORDER BY "deletedAt"',
    );
    return rows.map(({ userId }) => userId);
  };
  await until(async () => !(await left()).some((user) => user === 'old' || user === 'ancient'));
  expect(await left()).toEqual(['still', 'new']);
});
