import { describe, expect, test } from '@jest/globals';
import type { FinishChatMessageInput } from '../support/generated/graphql.js';
import { appended, fromUser, readSession, updated } from '../support/ledger.js';
import { finish, openAnswer } from '../support/streaming.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

/** An answer that holds `abc`, at revision 2. */
async function grownAnswer() {
  const answer = await openAnswer(app.as(newUser()), { content: 'a' });
  await answer.write('bc');
  return { ...answer, session: () => readSession(answer.client, answer.sessionId) };
}

async function stored(id: string): Promise<unknown> {
  const { rows } = await app.database.sql.query(
    `SELECT m.content, (SELECT count(*)::int FROM "ChatMessageStream" WHERE "messageId" = m.id) AS streams,
       (SELECT count(*)::int FROM "ChatMessageChunk" WHERE "messageId" = m.id) AS chunks
     FROM "ChatMessage" m WHERE m.id = $1`,
    [id],
  );
  return rows[0];
}

describe('finishChatMessage', () => {
  test.each(['COMPLETE', 'FAILED', 'CANCELLED'] as const)('%s keeps the text', async (status) => {
    const { id, started, finished, read, session } = await grownAnswer();
    const message = await finished({ status });
    expect(message).toEqual({
      ...started,
      content: 'abc',
      status,
      revision: 3,
      updatedAt: message.updatedAt,
    });
    expect(message.updatedAt >= started.updatedAt).toBe(true);
    expect(await read()).toEqual(message);
    expect(await session()).toMatchObject({ revision: 3, updatedAt: message.updatedAt });
    expect(await stored(id)).toEqual({ content: 'abc', streams: 0, chunks: 0 });
  });

  test('takes content, tool calls and a refusal', async () => {
    const { started, finished, read } = await grownAnswer();
    const end = {
      content: 'another text 😀',
      toolCalls: [{ id: 'call', z: 1, a: [{ y: null, b: 1.5 }] }],
      refusal: 'no',
    };
    const message = await finished(end);
    expect(message).toMatchObject({ ...end, id: started.id, status: 'COMPLETE', revision: 3 });
    expect(JSON.stringify(message.toolCalls)).toBe(JSON.stringify(end.toolCalls));
    expect(await read()).toEqual(message);
  });

  test('takes an empty content for one', async () => {
    const { finished } = await grownAnswer();
    expect(await finished({ content: '' })).toMatchObject({ content: '' });
  });

  test('leaves a message without any text without content', async () => {
    const { finished } = await openAnswer(app.as(newUser()));
    expect(await finished({ toolCalls: [{ id: 'call' }] })).toMatchObject({ content: null, revision: 2 });
  });

  test('adds the usage to the session, as a change of its own', async () => {
    const { client, sessionId, finished, session } = await grownAnswer();
    await updated(client, { id: sessionId, totalPromptTokens: 100, totalCompletionTokens: 10 });
    const message = await finished({ usage: { promptTokens: 5, completionTokens: 7 } });
    expect(message.revision).toBe(4);
    expect(await session()).toMatchObject({
      totalPromptTokens: 105,
      totalCompletionTokens: 17,
      revision: 5,
      updatedAt: message.updatedAt,
    });
    const { rows } = await app.database.sql.query(`SELECT "ownRevision" FROM "ChatSession" WHERE id = $1`, [
      sessionId,
    ]);
    expect(rows).toEqual([{ ownRevision: 5 }]);
  });

  test.each<FinishChatMessageInput['usage']>([{}, { promptTokens: 0, completionTokens: 0 }, null])(
    'makes no change of the session of the usage %j',
    async (usage) => {
      const { finished, session } = await grownAnswer();
      await finished({ usage });
      expect(await session()).toMatchObject({ revision: 3, totalPromptTokens: 0, totalCompletionTokens: 0 });
    },
  );

  test('stops a counter at its largest number rather than refuse an answer', async () => {
    const { client, sessionId, finished, session } = await grownAnswer();
    await updated(client, { id: sessionId, totalPromptTokens: 2_147_483_600 });
    await finished({ usage: { promptTokens: 2_147_483_647, completionTokens: 1 } });
    expect(await session()).toMatchObject({ totalPromptTokens: 2_147_483_647, totalCompletionTokens: 1 });
  });

  test('is safe to retry', async () => {
    const { finish, finished, session } = await grownAnswer();
    const end = {
      content: 'all',
      toolCalls: [{ a: 1 }],
      refusal: 'no',
      usage: { promptTokens: 3, completionTokens: 4 },
    };
    const message = await finished(end);
    const before = await session();
    expect(await finish(end)).toEqual({
      __typename: 'FinishChatMessageSuccess',
      replayed: true,
      chatMessage: message,
    });
    expect(await session()).toEqual(before);
    expect(before).toMatchObject({ totalPromptTokens: 3, totalCompletionTokens: 4, revision: 4 });
  });

  test.each<Partial<FinishChatMessageInput>>([
    { status: 'FAILED' },
    { status: 'CANCELLED' },
    { content: 'abc' },
    { toolCalls: [] },
    { refusal: 'no' },
    { usage: { promptTokens: 1 } },
  ])('is MessageNotInProgressError after another end: %j', async (end) => {
    const { finish, finished, read, session } = await grownAnswer();
    const message = await finished();
    const before = await session();
    expect(await finish(end)).toMatchObject({
      __typename: 'MessageNotInProgressError',
      code: 'CONFLICT',
      status: 'COMPLETE',
    });
    expect(await read()).toEqual(message);
    expect(await session()).toEqual(before);
  });

  test.each(['FAILED', 'CANCELLED'] as const)('is MessageNotInProgressError after %s', async (status) => {
    const { finish, finished, read } = await grownAnswer();
    await finished({ status });
    expect(await finish()).toMatchObject({ __typename: 'MessageNotInProgressError', status });
    expect(await read()).toMatchObject({ status, content: 'abc', revision: 3 });
  });

  test('is MessageNotInProgressError for a message that was not streamed', async () => {
    const { client, sessionId } = await grownAnswer();
    const [message] = await appended(client, sessionId, fromUser('whole'));
    expect(
      await finish(client, { sessionId, messageId: message?.id ?? '', status: 'COMPLETE' }),
    ).toMatchObject({
      __typename: 'MessageNotInProgressError',
      status: 'COMPLETE',
    });
  });

  test('never takes the time of a message or a session back, when the clock went back', async () => {
    const { id, finished, session, read } = await grownAnswer();
    const time = '2101-01-01T00:00:00.000Z';
    await app.database.sql.query('UPDATE "ChatMessageStream" SET "updatedAt" = $2 WHERE "messageId" = $1', [
      id,
      time,
    ]);
    expect(await read()).toMatchObject({ updatedAt: time });
    expect(await finished()).toMatchObject({ updatedAt: time });
    expect(await session()).toMatchObject({ updatedAt: time });
  });
});
