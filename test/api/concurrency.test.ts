import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createCredentialsCipher } from '../../src/data/credentials/cipher.js';
import { verifyLedger } from '../../src/data/verify/verify.js';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import {
  appendBatch,
  appended,
  appendOne,
  Create,
  createSession,
  Delete,
  fromUser,
  member,
  numbers,
  readMessages,
  readSession,
  type Message,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const app = useTestApp();

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

  test.each([
    ['one session, in batches of opposite order, goes in as one of them', 1],
    ['two sessions, in batches of opposite order, goes to both', 2],
  ])('into %s', async (_what, sessions) => {
    const client = app.as(newUser());
    const one = await createSession(client);
    const other = sessions === 1 ? one : await createSession(client);
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
        sessions === 1 ? 'MessageIdConflictError' : 'AppendChatMessagesSuccess',
      ]);
    }
    for (const { id } of [one, other]) {
      expect(await readSession(client, id)).toMatchObject({ messageCount: 100, nextSequence: 100 });
      expect((await readMessages(client, id)).map(({ sequence }) => sequence)).toEqual(numbers(100));
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

/** Statements that wait for a lock: those of the server, or with '%' of anybody. */
async function waiting(application = 'chatledger'): Promise<number> {
  const { rowCount } = await app.database.sql.query(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE $1
     AND datname = current_database()`,
    [application],
  );
  return rowCount ?? 0;
}

/** Leaves a transaction open in which a statement has been run, until the returned function is called. */
async function holding(
  text: string,
  values: unknown[],
): Promise<(end: 'COMMIT' | 'ROLLBACK') => Promise<void>> {
  const holder = await app.database.sql.connect();
  await holder.query('BEGIN');
  await holder.query(text, values);
  return async (end) => {
    await holder.query(end);
    holder.release();
  };
}

describe('a session that is created', () => {
  test('again while it is being deleted is the old one, or goes on counting where that ended', async () => {
    const user = newUser();
    const client = app.as(user);
    const { id } = await createSession(client);
    await appended(client, id, fromUser('a', 'b'));
    // Whoever deletes the session has to wait for this note of the same deletion, with the session deleted already.
    const release = await holding('INSERT INTO "DeletedChatSession" VALUES ($1, $2, 0, now())', [id, user]);
    const deletion = client.runOk(Delete, { input: { id } });
    await until(async () => (await waiting()) === 1);

    let answered = false;
    const creation = client.runOk(Create, { input: { id, title: 'new' } }).finally(() => (answered = true));
    await until(async () => answered || (await waiting()) === 2);
    await release('ROLLBACK');
    member((await deletion).deleteChatSession, 'DeleteChatSessionSuccess');
    const { created, chatSession } = member((await creation).createChatSession, 'CreateChatSessionSuccess');
    expect(chatSession).toMatchObject(created ? { title: 'new', revision: 3 } : { title: null, revision: 1 });

    // The append was the first change, the deletion the second, and the return the third.
    expect(await createSession(client, { id })).toMatchObject({ revision: 3 });
    const { checks } = await verifyLedger(app.database.url, createCredentialsCipher([]), 5);
    expect(checks.find(({ name }) => name === 'deletions')).toMatchObject({ total: 0, error: null });
  });

  test.each([
    [
      'by somebody of the same user',
      'COMMIT',
      'the same',
      { created: false, chatSession: { title: 'first' } },
    ],
    ['by somebody who gives up', 'ROLLBACK', 'the same', { created: true, chatSession: { title: 'second' } }],
    ['by somebody else', 'COMMIT', 'another', { __typename: 'ChatSessionIdTakenError' }],
  ] as const)('at the same moment %s', async (_by, end, owner, answer) => {
    const user = newUser();
    const id = randomUUID();
    const release = await holding('INSERT INTO "ChatSession" (id, "userId", title) VALUES ($1, $2, $3)', [
      id,
      owner === 'the same' ? user : newUser(),
      'first',
    ]);
    const creation = app.as(user).runOk(Create, { input: { id, title: 'second' } });
    await until(async () => (await waiting()) === 1);
    await release(end);
    expect((await creation).createChatSession).toMatchObject(answer);
  });
});

/**
 * Lets an append find what stands in its way, changes that by `meanwhile`, and only then lets it look for the reason.
 *
 * @param release of a lock for which the append waits already
 */
async function changeBeforeExplained(release: () => Promise<void>, meanwhile: string, values: unknown[]) {
  await until(async () => (await waiting()) === 1);
  const between = await app.database.sql.connect();
  await between.query('BEGIN');
  // Granted when the append has failed, and before anything else of it can be sent.
  const locked = between.query('LOCK TABLE "ChatSession" IN ACCESS EXCLUSIVE MODE');
  await until(async () => (await waiting('%')) === 2);
  await release();
  await locked;
  await between.query(meanwhile, values);
  await until(async () => (await waiting()) === 1);
  await between.query('COMMIT');
  between.release();
}

describe('an append without a sequence never conflicts', () => {
  test('when its session comes at the same moment', async () => {
    const user = newUser();
    const id = randomUUID();
    const release = await holding('LOCK TABLE "ChatMessage" IN SHARE MODE', []);
    const append = appendOne(app.as(user), id, { role: 'USER', content: 'a' });
    const create = 'INSERT INTO "ChatSession" (id, "userId") VALUES ($1, $2)';
    await changeBeforeExplained(() => release('COMMIT'), create, [id, user]);
    expect(await append).toMatchObject({ replayed: false, chatMessage: { sequence: 0, content: 'a' } });
  });

  test('when the message that has its id goes at the same moment', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const message = { id: randomUUID(), role: 'USER', content: 'a' } as const;
    const release = await holding(
      `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt")
       VALUES ($1, $2, 5, 'user', 1, 1, '', now(), now())`,
      [message.id, id],
    );
    const append = appendOne(client, id, message);
    const remove = 'DELETE FROM "ChatMessage" WHERE "sessionId" = $1';
    await changeBeforeExplained(() => release('COMMIT'), remove, [id]);
    expect(await append).toMatchObject({ replayed: false, chatMessage: { sequence: 0, content: 'a' } });
  });
});

test('of deletions at once one deletes, and all others are replays', async () => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const answers = await Promise.all(numbers(8).map(() => client.runOk(Delete, { input: { id } })));
  const results = answers.map(({ deleteChatSession }) =>
    member(deleteChatSession, 'DeleteChatSessionSuccess'),
  );
  expect(results.map(({ replayed }) => replayed).sort()).toEqual([false, ...numbers(7).map(() => true)]);
});

test('a session that many create and delete at once never counts the same revision twice', async () => {
  const client = app.as(newUser());
  const id = randomUUID();
  const begun: number[] = [];
  const deletions: boolean[] = [];
  const createAndDelete = async () => {
    for (const round of numbers(12)) {
      const answer = await client.runOk(Create, { input: { id, title: `round ${round}` } });
      const { created, chatSession } = member(answer.createChatSession, 'CreateChatSessionSuccess');
      if (created) begun.push(chatSession.revision);
      const { deleteChatSession } = await client.runOk(Delete, { input: { id } });
      deletions.push(member(deleteChatSession, 'DeleteChatSessionSuccess').replayed);
    }
  };
  await Promise.all(numbers(6).map(createAndDelete));
  // Each creation is two behind the one before: a deletion and itself.
  expect(begun.sort((a, b) => a - b)).toEqual([0, ...numbers(begun.length - 1).map((n) => 2 * n + 2)]);
  expect(deletions.filter((replayed) => !replayed)).toHaveLength(begun.length);
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
