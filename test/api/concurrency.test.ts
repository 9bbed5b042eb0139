import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import {
  appendBatch,
  appended,
  appendOne,
  createSession,
  Delete,
  member,
  numbers,
  readMessages,
  readSession,
  type Message,
} from '../support/ledger.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('32 appenders at once, 4 of them with batches, number 2,000 messages without gap or duplicate', async () => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const acknowledged: Message[][] = [];

  const write = async (writer: number, appends: number, length: number) => {
    for (const append of numbers(appends)) {
      const batch = numbers(length).map((place): ChatMessageInput => ({
        id: randomUUID(),
        role: 'ASSISTANT',
        content: `writer ${writer}, append ${append}, message ${place} ✍`,
      }));
      const messages =
        length === 1 ? await appendSingle(batch[0] ?? { role: 'USER' }) : await appended(client, id, batch);
      expect(messages.map((message) => [message.id, message.content])).toEqual(
        batch.map((message) => [message.id, message.content]),
      );
      acknowledged.push(messages);
    }
  };
  const appendSingle = async (message: ChatMessageInput) => [
    member(await appendOne(client, id, message), 'AppendChatMessageSuccess').chatMessage,
  ];
  await Promise.all([
    ...numbers(28).map((writer) => write(writer, 50, 1)),
    ...numbers(4).map((writer) => write(28 + writer, 6, 25)),
  ]);

  const appends = 28 * 50 + 4 * 6;
  expect(acknowledged).toHaveLength(appends);
  const stored = await readMessages(client, id);
  expect(stored.map(({ sequence }) => sequence)).toEqual(numbers(2000));
  expect(stored).toEqual(acknowledged.flat().sort((a, b) => a.sequence - b.sequence));
  for (const messages of acknowledged) {
    const start = messages[0]?.sequence ?? -1;
    expect(messages.map(({ sequence }) => sequence)).toEqual(numbers(messages.length).map((n) => start + n));
    expect(new Set(messages.map(({ revision }) => revision)).size).toBe(1);
  }

  const session = await readSession(client, id);
  expect(session).toMatchObject({ messageCount: 2000, nextSequence: 2000, revision: appends });
  const inOrderOfRevision = [...stored].sort((a, b) => a.revision - b.revision || a.sequence - b.sequence);
  expect(inOrderOfRevision).toEqual(stored);
  expect(new Set(stored.map(({ revision }) => revision)).size).toBe(appends);
  const times = stored.map(({ createdAt }) => createdAt);
  expect(times).toEqual([...times].sort());
  expect(session.updatedAt).toBe(times.at(-1));
});

describe('the same append many times at once', () => {
  test('stores one message and gives all the same answer', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const message: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'once' };
    const answers = await Promise.all(numbers(24).map(() => appendOne(client, id, message)));
    const successes = answers.map((answer) => member(answer, 'AppendChatMessageSuccess'));
    expect(successes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(successes.map(({ chatMessage }) => JSON.stringify(chatMessage))).size).toBe(1);
    expect(await readMessages(client, id)).toEqual([successes[0]?.chatMessage]);
    expect(await readSession(client, id)).toMatchObject({ messageCount: 1, nextSequence: 1, revision: 1 });
  });

  test('stores one batch, also when some of its messages have no id', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const batch: ChatMessageInput[] = [
      { role: 'USER', content: 'a' },
      { id: randomUUID(), role: 'ASSISTANT', content: 'b' },
      { role: 'USER', content: 'c' },
    ];
    const answers = await Promise.all(numbers(16).map(() => appendBatch(client, id, batch)));
    const successes = answers.map((answer) => member(answer, 'AppendChatMessagesSuccess'));
    expect(successes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(successes.map(({ chatMessages }) => JSON.stringify(chatMessages))).size).toBe(1);
    expect(await readMessages(client, id)).toEqual(successes[0]?.chatMessages);
    expect(await readSession(client, id)).toMatchObject({ messageCount: 3, revision: 1 });
  });

  test('with different bodies stores one of them, and tells the others', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const messageId = randomUUID();
    const answers = await Promise.all(
      numbers(12).map((writer) =>
        appendOne(client, id, { id: messageId, role: 'USER', content: `writer ${writer}` }),
      ),
    );
    const kinds = answers.map(({ __typename }) => __typename).sort();
    expect(kinds).toEqual(['AppendChatMessageSuccess', ...Array<string>(11).fill('MessageIdConflictError')]);
    expect(await readSession(client, id)).toMatchObject({ messageCount: 1, nextSequence: 1, revision: 1 });
  });

  test('into two sessions, in batches of opposite order, goes to one of them', async () => {
    const client = app.as(newUser());
    const [one, other] = [await createSession(client), await createSession(client)];
    for (const round of numbers(5)) {
      const batch = numbers(20).map((place): ChatMessageInput => ({
        id: randomUUID(),
        role: 'USER',
        content: `${round} ${place}`,
      }));
      const answers = await Promise.all([
        appendBatch(client, one.id, batch),
        appendBatch(client, other.id, [...batch].reverse()),
      ]);
      expect(answers.map(({ __typename }) => __typename).sort()).toEqual([
        'AppendChatMessagesSuccess',
        'MessageIdConflictError',
      ]);
    }
    const counts = await Promise.all([readSession(client, one.id), readSession(client, other.id)]);
    expect(counts.reduce((sum, { messageCount }) => sum + messageCount, 0)).toBe(100);
    for (const { id, messageCount } of counts) {
      expect((await readMessages(client, id)).map(({ sequence }) => sequence)).toEqual(numbers(messageCount));
    }
  });
});

test('the same session created many times at once is one session', async () => {
  const client = app.as(newUser());
  const id = randomUUID();
  const sessions = await Promise.all(
    numbers(16).map((n) => createSession(client, { id, title: `title ${n}` })),
  );
  expect(new Set(sessions.map((session) => JSON.stringify(session))).size).toBe(1);
  const { rows } = await app.database.sql.query(
    'SELECT count(*)::int AS count FROM "ChatSession" WHERE id = $1',
    [id],
  );
  expect(rows).toEqual([{ count: 1 }]);
});

test('appends and a delete at once leave no message behind', async () => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const appends = numbers(20).map((n) => appendOne(client, id, { role: 'USER', content: String(n) }));
  const [{ deleteChatSession }, ...results] = await Promise.all([
    client.runOk(Delete, { input: { id } }),
    ...appends,
  ]);
  expect(deleteChatSession.__typename).toBe('DeleteChatSessionSuccess');
  for (const { __typename } of results)
    expect(['AppendChatMessageSuccess', 'NotFoundError']).toContain(__typename);
  const { rows } = await app.database.sql.query('SELECT FROM "ChatMessage" WHERE "sessionId" = $1', [id]);
  expect(rows).toEqual([]);
});
