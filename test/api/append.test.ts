import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import {
  Append,
  AppendBatch,
  appendBatch,
  appended,
  appendOne,
  createSession,
  fromUser,
  member,
  readMessages,
  readSession,
  updateContent,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

async function newSession() {
  const client = app.as(newUser());
  const session = await createSession(client);
  const id = session.id;
  return {
    client,
    id,
    /** What must not change when nothing is stored. */
    state: async () => ({ session: await readSession(client, id), messages: await readMessages(client, id) }),
  };
}

describe('appendChatMessage', () => {
  test('numbers the messages of a session from 0', async () => {
    const { client, id } = await newSession();
    for (const content of ['a', 'b', 'c']) await appendOne(client, id, { role: 'USER', content });
    expect((await readMessages(client, id)).map(({ sequence, content }) => [sequence, content])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
  });

  test('counts, and moves the session on by one revision', async () => {
    const { client, id } = await newSession();
    const result = await appendOne(client, id, { role: 'USER', content: 'a' });
    const { chatMessage, replayed } = member(result, 'AppendChatMessageSuccess');
    expect(replayed).toBe(false);
    expect(chatMessage).toMatchObject({ sessionId: id, sequence: 0, revision: 1 });
    expect(chatMessage.updatedAt).toBe(chatMessage.createdAt);
    const session = await readSession(client, id);
    expect(session).toMatchObject({ messageCount: 1, nextSequence: 1, revision: 1 });
    expect(session.updatedAt).toBe(chatMessage.updatedAt);
  });

  test('never takes the time of a session back, when the clock went back', async () => {
    const { client, id } = await newSession();
    const time = '2101-01-01T00:00:00.000Z';
    await app.database.sql.query('UPDATE "ChatSession" SET "updatedAt" = $2 WHERE id = $1', [id, time]);
    const [message] = await appended(client, id, fromUser('a'));
    expect(message).toMatchObject({ createdAt: time, updatedAt: time });
    expect(await readSession(client, id)).toMatchObject({ updatedAt: time, revision: 1 });
  });

  test('to a session that is not there is NotFoundError', async () => {
    const client = app.as(newUser());
    expect(await appendOne(client, randomUUID(), { role: 'USER' })).toMatchObject({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
    });
    expect(await appendBatch(client, randomUUID(), fromUser('a'))).toMatchObject({
      __typename: 'NotFoundError',
    });
  });
});

describe('appendChatMessages', () => {
  test('stores a batch one behind the other, as one revision', async () => {
    const { client, id } = await newSession();
    await appended(client, id, fromUser('a'));
    const messages = await appended(client, id, fromUser('b', 'c', 'd'));
    expect(messages.map(({ sequence, content, revision }) => [sequence, content, revision])).toEqual([
      [1, 'b', 2],
      [2, 'c', 2],
      [3, 'd', 2],
    ]);
    expect(await readSession(client, id)).toMatchObject({ messageCount: 4, nextSequence: 4, revision: 2 });
  });

  test('takes 500 messages', async () => {
    const { client, id } = await newSession();
    const contents = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    await appended(client, id, fromUser(...contents));
    expect((await readMessages(client, id)).map(({ content }) => content)).toEqual(contents);
  });
});

describe('the same append again', () => {
  test('gives the stored message, and changes nothing', async () => {
    const { client, id, state } = await newSession();
    const message: ChatMessageInput = { id: randomUUID(), role: 'ASSISTANT', content: 'a', name: 'bot' };
    const first = member(await appendOne(client, id, message), 'AppendChatMessageSuccess');
    const before = await state();
    const second = member(await appendOne(client, id, message), 'AppendChatMessageSuccess');
    expect(second).toEqual({ ...first, replayed: true });
    expect(await state()).toEqual(before);
  });

  test('leaves no gap behind it', async () => {
    const { client, id } = await newSession();
    const message: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'a' };
    for (let time = 0; time < 3; time++) await appendOne(client, id, message);
    const [next] = await appended(client, id, fromUser('b'));
    expect(next).toMatchObject({ sequence: 1, revision: 2 });
  });

  test('is found when the id is written in capitals', async () => {
    const { client, id } = await newSession();
    const messageId = randomUUID();
    await appendOne(client, id, { id: messageId, role: 'USER', content: 'a' });
    const again = await appendOne(client, id.toUpperCase(), {
      id: messageId.toUpperCase(),
      role: 'USER',
      content: 'a',
    });
    expect(again).toMatchObject({ replayed: true, chatMessage: { id: messageId } });
  });

  test('is a replay as part of a batch of one, and the other way round', async () => {
    const { client, id } = await newSession();
    const message: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'a' };
    await appendOne(client, id, message);
    expect(await appendBatch(client, id, [message])).toMatchObject({ replayed: true });
  });

  test('with its sequence, or without it, is a replay; with another it is not', async () => {
    const { client, id, state } = await newSession();
    const message: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'a' };
    await appendOne(client, id, message, 7);
    const before = await state();
    expect(await appendOne(client, id, message, 7)).toMatchObject({ replayed: true });
    expect(await appendOne(client, id, message)).toMatchObject({ replayed: true });
    expect(await appendOne(client, id, message, 8)).toMatchObject({
      __typename: 'MessageIdConflictError',
      messageId: message.id,
    });
    expect(await state()).toEqual(before);
  });

  test('is a replay after the content was updated, and gives the content of now', async () => {
    const { client, id } = await newSession();
    const call: ChatMessageInput = { id: randomUUID(), role: 'TOOL', toolCallId: 'call', content: 'old' };
    await appendOne(client, id, call);
    await updateContent(client, { sessionId: id, toolCallId: 'call', content: 'new' });
    const before = await readSession(client, id);
    expect(await appendOne(client, id, call)).toMatchObject({
      replayed: true,
      chatMessage: { content: 'new' },
    });
    expect(await readSession(client, id)).toEqual(before);
  });

  test('by another kind of body is MessageIdConflictError, and stores nothing', async () => {
    const { client, id, state } = await newSession();
    const message: ChatMessageInput = {
      id: randomUUID(),
      role: 'ASSISTANT',
      content: 'a',
      toolCalls: [{ b: 1, a: 2 }],
      functionCall: { name: 'f' },
    };
    await appendOne(client, id, message);
    const before = await state();
    const others: Partial<ChatMessageInput>[] = [
      { content: 'b' },
      { content: null },
      { content: '' },
      { role: 'USER' },
      { name: 'n' },
      { toolCallId: 'c' },
      { refusal: 'no' },
      { toolCalls: null },
      { toolCalls: [] },
      { toolCalls: [{ b: 1, a: 3 }] },
      { toolCalls: [{ b: 1, a: '2' }] },
      { toolCalls: [{ b: 1 }] },
      { toolCalls: [{ b: 1, a: 2, c: null }] },
      { toolCalls: [{ b: 1, a: 2 }, {}] },
      { functionCall: { name: 'g' } },
    ];
    for (const other of others) {
      expect(await appendOne(client, id, { ...message, ...other })).toEqual({
        __typename: 'MessageIdConflictError',
        code: 'CONFLICT',
        message: expect.stringContaining(String(message.id)),
        messageId: message.id,
      });
    }
    expect(await state()).toEqual(before);
  });
});

describe('a batch again', () => {
  const a = (): ChatMessageInput => ({ id: randomUUID(), role: 'USER', content: 'a' });

  test('replays as a whole', async () => {
    const { client, id, state } = await newSession();
    await appended(client, id, fromUser('before'));
    const batch = [a(), a(), a()];
    const first = await appended(client, id, batch);
    await appended(client, id, fromUser('after'));
    const before = await state();
    expect(await appendBatch(client, id, batch)).toEqual({
      __typename: 'AppendChatMessagesSuccess',
      replayed: true,
      chatMessages: first,
    });
    expect(await state()).toEqual(before);
  });

  test.each([0, 1, 2])('replays when message %i alone has an id', async (position) => {
    const { client, id, state } = await newSession();
    const batch = fromUser('a', 'b', 'c');
    batch[position] = { ...batch[position], role: 'USER', id: randomUUID() };
    const first = await appended(client, id, batch);
    const before = await state();
    expect(await appendBatch(client, id, batch)).toEqual({
      __typename: 'AppendChatMessagesSuccess',
      replayed: true,
      chatMessages: first,
    });
    expect(await state()).toEqual(before);
  });

  test('without any id is another batch', async () => {
    const { client, id } = await newSession();
    const batch = fromUser('a', 'b');
    await appended(client, id, batch);
    expect((await appended(client, id, batch)).map(({ sequence }) => sequence)).toEqual([2, 3]);
  });

  test('cut differently is MessageIdConflictError naming an id that is taken, and stores nothing', async () => {
    const { client, id, state } = await newSession();
    const [first, second, third, fresh] = [a(), a(), a(), a()] as const;
    const unnamed = fromUser('something else')[0] ?? fresh;
    await appended(client, id, [first, second, third]);
    const before = await state();
    const taken = [first.id, second.id, third.id];
    for (const batch of [
      [first, second, third, fresh],
      [fresh, first, second, third],
      [third, fresh],
      [second, first],
      [first, third],
      [first, fresh, third],
      [first, unnamed, third],
      [unnamed, third],
      [first, { ...second, content: 'b' }, third],
      [unnamed, first],
      [first, second, third, unnamed],
    ]) {
      const result = member(await appendBatch(client, id, batch), 'MessageIdConflictError');
      expect(taken).toContain(result.messageId);
    }
    expect(await state()).toEqual(before);
  });

  test('in parts, each a stretch of the whole, replays', async () => {
    const { client, id } = await newSession();
    const [first, second, third] = [a(), a(), a()] as const;
    await appended(client, id, [first, second, third]);
    expect(await appendBatch(client, id, [second, third])).toMatchObject({ replayed: true });
    expect(await appendBatch(client, id, [first])).toMatchObject({ replayed: true });
  });

  test('replays with its startSequence, or without it; with another it is a conflict', async () => {
    const { client, id } = await newSession();
    const batch = [a(), a()];
    await appended(client, id, batch, { startSequence: 5 });
    expect(await appendBatch(client, id, batch, { startSequence: 5 })).toMatchObject({ replayed: true });
    expect(await appendBatch(client, id, batch)).toMatchObject({ replayed: true });
    expect(await appendBatch(client, id, batch, { startSequence: 6 })).toMatchObject({
      __typename: 'MessageIdConflictError',
      messageId: batch[0]?.id,
    });
  });
});

describe('the id of a message', () => {
  test('that is used in another session is free in this one, and each tells its own retries', async () => {
    const { client, id } = await newSession();
    const other = await createSession(client);
    const message: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'a' };
    const changed: ChatMessageInput = { ...message, content: 'b' };
    await appendOne(client, other.id, message);
    expect(await appendOne(client, id, changed)).toMatchObject({ replayed: false });
    for (const [sessionId, body, wrong] of [
      [other.id, message, changed],
      [id, changed, message],
    ] as const) {
      expect(await appendOne(client, sessionId, body)).toMatchObject({
        replayed: true,
        chatMessage: { sessionId, content: body.content },
      });
      for (const result of [
        await appendOne(client, sessionId, wrong),
        await appendBatch(client, sessionId, [...fromUser('b'), wrong]),
      ])
        expect(result).toMatchObject({ __typename: 'MessageIdConflictError', messageId: message.id });
      expect(await readMessages(client, sessionId)).toMatchObject([
        { id: message.id, content: body.content },
      ]);
    }
  });

  test('that is used in other sessions is free in a batch', async () => {
    const { client, id } = await newSession();
    const other = await createSession(client);
    const batch = [randomUUID(), randomUUID()].map((each): ChatMessageInput => ({ id: each, role: 'USER' }));
    await appended(client, other.id, batch);
    expect(await appendBatch(client, id, [...batch].reverse())).toMatchObject({ replayed: false });
    expect(await appendBatch(client, id, [...batch].reverse())).toMatchObject({ replayed: true });
    expect((await readMessages(client, id)).map((each) => each.id)).toEqual([batch[1]?.id, batch[0]?.id]);
  });

  test('may be the id of another session', async () => {
    const { client, id } = await newSession();
    const other = await createSession(client);
    expect(await appendOne(client, id, { id: other.id, role: 'USER' })).toMatchObject({
      chatMessage: { id: other.id },
    });
    expect(await readSession(client, other.id)).toMatchObject({ messageCount: 0 });
  });

  test('that stands for the session itself, or twice in a batch, is BAD_USER_INPUT naming the place', async () => {
    const { client, id, state } = await newSession();
    const own = await client.runError(Append, { input: { sessionId: id, message: { id, role: 'USER' } } });
    expect(own.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'message', 'id'] });
    const twice: ChatMessageInput = { id: randomUUID(), role: 'USER' };
    const messages = [twice, ...fromUser('b'), twice];
    const batch = await client.runError(AppendBatch, { input: { sessionId: id, messages } });
    expect(batch.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'messages', 2, 'id'] });
    expect((await state()).messages).toEqual([]);
  });
});

describe('a batch with one bad message', () => {
  const bad: [string, object, string][] = [
    ['NUL in the content', { content: 'a\0b' }, 'content'],
    ['half a surrogate pair in the refusal', { refusal: '\ud800' }, 'refusal'],
    ['content over the limit', { content: 'x'.repeat(1_000_001) }, 'content'],
    ['an id that is no UUID', { id: 'abc' }, 'id'],
    ['an empty tool call id', { toolCallId: '' }, 'toolCallId'],
    ['a name of 501 characters', { name: 'n'.repeat(501) }, 'name'],
    ['a role that does not exist', { role: 'ROBOT' }, 'role'],
    ['a function call that is a list', { functionCall: [1] }, 'functionCall'],
    ['tool calls with NUL deep inside', { toolCalls: [{ a: { b: ['\0'] } }] }, 'toolCalls'],
  ];

  test.each(bad)('stores nothing and names the place: %s', async (_what, flaw, field) => {
    const { client, id, state } = await newSession();
    const before = await state();
    for (const position of [0, 2, 4]) {
      const messages: object[] = fromUser('a', 'b', 'c', 'd', 'e');
      messages[position] = { role: 'USER', ...flaw };
      const { errors } = await client.post({
        query: AppendBatch.toString(),
        variables: { input: { sessionId: id, messages } },
      });
      expect(errors.map(({ extensions }) => extensions)).toEqual([
        expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      ]);
      expect(errors[0]?.extensions.path?.slice(0, 4)).toEqual(['input', 'messages', position, field]);
    }
    expect(await state()).toEqual(before);
  });
});
