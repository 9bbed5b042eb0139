import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  appended,
  appendOne,
  createSession,
  Delete,
  fromUser,
  member,
  numbers,
  readMessages,
  readSession,
} from '../support/ledger.js';
import { extend, Extend, finish, openAnswer, start } from '../support/streaming.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

const answer = (input: Parameters<typeof openAnswer>[1] = {}) => openAnswer(app.as(newUser()), input);

/** What is left of streams that are open. */
async function leftOver(messageId: string): Promise<unknown> {
  const { rows } = await app.database.sql.query(
    `SELECT (SELECT count(*)::int FROM "ChatMessageStream" WHERE "messageId" = $1) AS streams,
            (SELECT count(*)::int FROM "ChatMessageChunk" WHERE "messageId" = $1) AS chunks`,
    [messageId],
  );
  return rows[0];
}

/** Emoji of several code points, combining marks, scripts of two and three bytes, and what separates lines. */
const text = 'n\u0303ä 😀👩‍👩‍👧 漢字かな 🇩🇪 e\u0301\u2028x\r\n\t"\\ مرحبا 𝔘𝔫𝔦 ';

describe('startChatMessage', () => {
  test('appends a message of the model that is in progress', async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    await appended(client, sessionId, fromUser('question'));
    const id = randomUUID();
    const result = await start(client, { sessionId, id, name: 'model' });
    expect(result).toMatchObject({
      replayed: false,
      chatMessage: {
        id,
        sessionId,
        sequence: 1,
        role: 'ASSISTANT',
        status: 'IN_PROGRESS',
        content: null,
        name: 'model',
        revision: 2,
      },
    });
    expect(await readSession(client, sessionId)).toMatchObject({
      messageCount: 2,
      nextSequence: 2,
      revision: 2,
      updatedAt: member(result, 'StartChatMessageSuccess').chatMessage.createdAt,
    });
    expect(await appendOne(client, sessionId, { role: 'USER', content: 'next' })).toMatchObject({
      chatMessage: { sequence: 2, revision: 3 },
    });
  });

  test('takes the beginning of the text', async () => {
    const { started, read, write } = await answer({ content: text });
    expect(started).toMatchObject({ content: text, status: 'IN_PROGRESS' });
    expect(await read()).toEqual(started);
    await write('more');
    expect(await read()).toMatchObject({ content: `${text}more`, revision: 2 });
  });

  test('is safe to retry, also after the message has grown and is finished', async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    const input = { sessionId, id: randomUUID(), content: 'Once' };
    await start(client, input);
    expect(await start(client, input)).toMatchObject({ replayed: true, chatMessage: { content: 'Once' } });
    await extend(client, { sessionId, messageId: input.id, offset: 4, delta: ' more' });
    expect(await start(client, { ...input, name: null })).toMatchObject({
      replayed: true,
      chatMessage: { content: 'Once more', status: 'IN_PROGRESS', revision: 2 },
    });
    await app.as().post({
      query: `mutation {
        finishChatMessage(input: { sessionId: "${sessionId}", messageId: "${input.id}", status: CANCELLED }) { __typename }
      }`,
    });
    expect(await start(client, input)).toMatchObject({
      replayed: true,
      chatMessage: { content: 'Once more', status: 'CANCELLED', revision: 3 },
    });
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 3, messageCount: 1 });
  });

  test('is MessageIdConflictError for an id that stands for something else in the session', async () => {
    const { client, sessionId, id } = await answer({ content: 'a' });
    const { id: other } = await createSession(client);
    const [question] = await appended(client, sessionId, [{ role: 'ASSISTANT', content: 'b' }]);
    for (const input of [
      { sessionId, id, content: 'b' },
      { sessionId, id },
      { sessionId, id, content: 'a', name: 'model' },
      { sessionId, id: question?.id ?? '', content: 'b' },
    ]) {
      expect(await start(client, input)).toMatchObject({
        __typename: 'MessageIdConflictError',
        messageId: input.id,
      });
    }
    // Nor is an append the retry of a start.
    expect(await appendOne(client, sessionId, { id, role: 'ASSISTANT', content: 'a' })).toMatchObject({
      __typename: 'MessageIdConflictError',
    });
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 2, messageCount: 2 });
    // What the id stands for elsewhere does not matter.
    for (const input of [
      { sessionId: other, id, content: 'other' },
      { sessionId, id: other },
    ])
      member(await start(client, input), 'StartChatMessageSuccess');
    expect(await readSession(client, other)).toMatchObject({ revision: 1, messageCount: 1 });
    expect((await readMessages(client, sessionId))[0]).toMatchObject({ id, content: 'a', revision: 1 });
  });

  test('two answers of one id in two sessions grow and end apart', async () => {
    const id = randomUUID();
    const client = app.as(newUser());
    const [first, second] = [await openAnswer(client, { id }), await openAnswer(client, { id })];
    await first.write('one', ' 1');
    await second.write('two');
    await second.extend(3, '');
    expect(await readMessages(client, first.sessionId)).toMatchObject([
      { id, content: 'one 1', revision: 3 },
    ]);
    expect(await readMessages(client, second.sessionId)).toMatchObject([{ id, content: 'two', revision: 2 }]);
    const end = await first.finished({ usage: { completionTokens: 2 } });
    expect(end).toMatchObject({ id, content: 'one 1', status: 'COMPLETE' });
    expect(await readMessages(client, second.sessionId)).toMatchObject([{ id, content: 'two' }]);
    expect(await second.extend(3, ' 2')).toMatchObject({ length: 5, revision: 3 });
    expect(await second.finished({ status: 'FAILED' })).toMatchObject({
      id,
      content: 'two 2',
      status: 'FAILED',
    });
    expect(await readMessages(client, first.sessionId)).toMatchObject([
      { content: 'one 1', revision: end.revision },
    ]);
    expect(await leftOver(id)).toEqual({ streams: 0, chunks: 0 });
  });
});

describe('extendChatMessage', () => {
  test('200 pieces make a text, each of them a revision of the session', async () => {
    const { client, sessionId, id, started, extend, read } = await answer();
    const before = await readSession(client, sessionId);
    let content = '';
    for (const n of numbers(200)) {
      const delta = `piece ${n} 😀, `;
      expect(await extend(content.length, delta)).toEqual({
        __typename: 'ExtendChatMessageSuccess',
        messageId: id,
        length: content.length + delta.length,
        revision: n + 2,
        replayed: false,
      });
      content += delta;
    }
    const grown = await read();
    expect(grown).toEqual({ ...started, content, revision: 201, updatedAt: expect.any(String) });
    expect(grown.updatedAt > started.updatedAt).toBe(true);
    // The list of sessions stays as it is while an answer grows.
    expect(await readSession(client, sessionId)).toEqual({ ...before, revision: 201 });
  });

  test('shows a text of any script byte for byte, character by character', async () => {
    const { read, write, finished } = await answer();
    let content = '';
    for (const character of text) {
      await write(character);
      content += character;
      expect((await read()).content).toBe(content);
    }
    expect(await finished()).toMatchObject({ content: text });
    expect(await read()).toMatchObject({ content: text });
  });

  test('a text may be cut in two at every character', async () => {
    const characters = Array.from(text);
    await Promise.all(
      characters.map(async (_, cut) => {
        const { read, write, finished } = await answer({ content: characters.slice(0, cut).join('') });
        await write(characters.slice(cut).join(''));
        expect((await read()).content).toBe(text);
        expect((await finished()).content).toBe(text);
      }),
    );
  });

  test('refuses half of a surrogate pair, and says what is wrong with it', async () => {
    const { client, sessionId, id, read } = await answer();
    for (const delta of ['\ud83d', 'a\ud83d', '\ude00', '\ude00a']) {
      const error = await client.runError(Extend, { input: { sessionId, messageId: id, offset: 0, delta } });
      expect(error).toMatchObject({
        message: 'Must be well-formed Unicode: cut a text between characters, not inside a surrogate pair.',
        extensions: { code: 'BAD_USER_INPUT', path: ['input', 'delta'] },
      });
    }
    expect(await read()).toMatchObject({ content: null, revision: 1 });
  });

  test('a piece that is sent again lands once, whatever came after it', async () => {
    const { id, extend, read, finished } = await answer();
    await extend(0, 'abc');
    const replay = (revision: number, length: number) => ({
      __typename: 'ExtendChatMessageSuccess',
      messageId: id,
      length,
      revision,
      replayed: true,
    });
    expect(await extend(0, 'abc')).toEqual(replay(2, 3));
    await extend(3, 'def');
    expect(await extend(0, 'abc')).toEqual(replay(3, 6));
    expect(await extend(3, 'def')).toEqual(replay(3, 6));
    expect(await read()).toMatchObject({ content: 'abcdef', revision: 3 });
    await finished();
    expect(await extend(3, 'def')).toEqual(replay(4, 6));
    expect(await read()).toMatchObject({ content: 'abcdef', revision: 4 });
  });

  test('is OffsetConflictError anywhere but at the end, and names the right offset', async () => {
    const { extend, read } = await answer({ content: 'ab😀' });
    for (const [offset, delta] of [
      [0, 'b'],
      [2, 'x'],
      [3, 'x'],
      [5, 'x'],
      [1_000_000, 'x'],
      [3, ''],
      [0, ''],
      // It stands there as far as the text goes.
      [2, '😀x'],
    ] as const) {
      expect(await extend(offset, delta)).toMatchObject({
        __typename: 'OffsetConflictError',
        code: 'CONFLICT',
        right: 4,
      });
    }
    expect(await read()).toMatchObject({ content: 'ab😀', revision: 1 });
  });

  test('is MessageNotInProgressError for a message that is whole, streamed or not', async () => {
    const { client, sessionId, extend: more, finished } = await answer({ content: 'a' });
    await finished({ status: 'FAILED' });
    for (const delta of ['b', '']) {
      expect(await more(1, delta)).toMatchObject({
        __typename: 'MessageNotInProgressError',
        code: 'CONFLICT',
        status: 'FAILED',
      });
    }
    const [message] = await appended(client, sessionId, fromUser('a'));
    const piece = { sessionId, messageId: message?.id ?? '', offset: 1, delta: 'b' };
    expect(await extend(client, piece)).toMatchObject({
      __typename: 'MessageNotInProgressError',
      status: 'COMPLETE',
    });
  });

  test('is NotFoundError for a message that is not there', async () => {
    const { client, sessionId, id, read } = await answer();
    const { id: other } = await createSession(client);
    for (const [inSession, messageId] of [
      [sessionId, randomUUID()],
      [sessionId, sessionId],
      [other, id],
      [randomUUID(), id],
    ] as const) {
      for (const delta of ['x', '']) {
        const input = { sessionId: inSession, messageId, offset: 0, delta };
        expect(await extend(client, input)).toMatchObject({ __typename: 'NotFoundError' });
      }
      const end = { sessionId: inSession, messageId, status: 'COMPLETE' } as const;
      expect(await finish(client, end)).toMatchObject({ __typename: 'NotFoundError' });
    }
    expect(await read()).toMatchObject({ content: null, status: 'IN_PROGRESS', revision: 1 });
  });

  test('takes 1,000,000 bytes of UTF-8 in all, and not one more', async () => {
    const { client, sessionId, id, extend, read, write, finished } = await answer({
      content: '€'.repeat(100_000),
    });
    await write('€'.repeat(233_333));
    const refused = await client.runError(Extend, {
      input: { sessionId, messageId: id, offset: 333_333, delta: 'xx' },
    });
    expect(refused.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'delta'] });
    expect(await extend(0, 'xx')).toMatchObject({ __typename: 'OffsetConflictError', right: 333_333 });
    await write('x', '');
    const content = `${'€'.repeat(333_333)}x`;
    expect((await read()).content).toBe(content);
    expect((await finished()).content).toBe(content);
  });

  test('an empty piece is a sign of life: it moves the time of the message and nothing else', async () => {
    const { client, sessionId, id, started, extend, read } = await answer({ content: 'abc' });
    const session = await readSession(client, sessionId);
    await app.database.sql.query(
      `UPDATE "ChatMessageStream" SET "updatedAt" = '2001-01-01' WHERE "messageId" = $1`,
      [id],
    );
    expect(await extend(3, '')).toEqual({
      __typename: 'ExtendChatMessageSuccess',
      messageId: id,
      length: 3,
      revision: 1,
      replayed: false,
    });
    const kept = await read();
    expect(kept).toEqual({ ...started, updatedAt: kept.updatedAt });
    expect(kept.updatedAt >= started.updatedAt).toBe(true);
    expect(await readSession(client, sessionId)).toEqual(session);
    expect(await leftOver(id)).toEqual({ streams: 1, chunks: 1 });
  });
});

test('a start, a piece, a sign of life and a finish are a statement each', async () => {
  const { result, statements } = await app.countingStatements(async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    const { chatMessage } = member(
      await start(client, { sessionId, content: 'a' }),
      'StartChatMessageSuccess',
    );
    const key = { sessionId, messageId: chatMessage.id };
    await extend(client, { ...key, offset: 1, delta: 'b' });
    await extend(client, { ...key, offset: 2, delta: '' });
    return finish(client, { ...key, status: 'COMPLETE' });
  });
  expect(result).toMatchObject({ replayed: false, chatMessage: { content: 'ab' } });
  expect(statements).toEqual([
    'ChatSession.createManyAndReturn',
    'start_message',
    'extend_message',
    'keep_message',
    'finish_message',
  ]);
});

describe('a session with an answer in progress', () => {
  test('shows it among others', async () => {
    const { client, sessionId, id, write } = await answer();
    await appended(client, sessionId, fromUser('in between'));
    await write('a', 'b');
    expect(await readMessages(client, sessionId)).toMatchObject([
      { id, content: 'ab', revision: 4 },
      { content: 'in between', revision: 2 },
    ]);
  });

  test('can hold several that grow side by side', async () => {
    const { client, sessionId, id, write, finished } = await answer();
    const second = member(await start(client, { sessionId }), 'StartChatMessageSuccess').chatMessage.id;
    for (const n of numbers(5)) {
      await write('a');
      await extend(client, { sessionId, messageId: second, offset: n, delta: 'b' });
    }
    await finished();
    expect(await readMessages(client, sessionId)).toMatchObject([
      { id, content: 'aaaaa', revision: 13 },
      { id: second, content: 'bbbbb', revision: 12 },
    ]);
  });

  test('is deleted with it', async () => {
    const { client, sessionId, id, write, extend, finish } = await answer({ content: 'a' });
    await write('b');
    await client.runOk(Delete, { input: { id: sessionId } });
    expect(await leftOver(id)).toEqual({ streams: 0, chunks: 0 });
    expect(await extend(2, 'c')).toMatchObject({ __typename: 'NotFoundError' });
    expect(await finish()).toMatchObject({ __typename: 'NotFoundError' });
  });
});
