import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChatMessageInput, ChatMessageRole } from '../support/generated/graphql.js';
import {
  appended,
  createSession,
  fromUser,
  member,
  numbers,
  readMessages,
  readSession,
  updateContent,
} from '../support/ledger.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const toolCallId = 'call_1';
const answer = (content: string | null = null): ChatMessageInput => ({ role: 'TOOL', toolCallId, content });

/** A session with a question and these messages behind it, as one revision. */
async function sessionWith(...messages: ChatMessageInput[]) {
  const client = app.as(newUser());
  const { id: sessionId } = await createSession(client);
  await appended(client, sessionId, [...fromUser('question'), ...messages]);
  return {
    client,
    sessionId,
    update: (content: string, expected: { expectedContent?: string | null } = {}) =>
      updateContent(client, { sessionId, toolCallId, content, ...expected }),
    contents: async () => (await readMessages(client, sessionId)).map(({ content }) => content),
    session: () => readSession(client, sessionId),
  };
}

describe('updateToolMessageContent', () => {
  test('writes the content, and moves the message and the session on by one revision', async () => {
    const { client, sessionId, update, session } = await sessionWith(answer());
    const [, before] = await readMessages(client, sessionId);
    const { chatMessage } = member(await update('result'), 'UpdateToolMessageContentSuccess');
    expect(chatMessage).toEqual({
      ...before,
      content: 'result',
      revision: 2,
      updatedAt: expect.any(String),
    });
    expect(await readMessages(client, sessionId)).toEqual([
      expect.objectContaining({ content: 'question', revision: 1 }),
      chatMessage,
    ]);
    expect(await session()).toMatchObject({
      revision: 2,
      messageCount: 2,
      nextSequence: 2,
      updatedAt: chatMessage.updatedAt,
    });
  });

  test('moves the session to the top of the list', async () => {
    const { sessionId, update, session } = await sessionWith(answer());
    await app.database.sql.query(`UPDATE "ChatSession" SET "updatedAt" = '2001-01-01' WHERE id = $1`, [
      sessionId,
    ]);
    await update('result');
    expect((await session()).updatedAt > '2002').toBe(true);
  });

  test('never takes the time of a session back, when the clock went back', async () => {
    const { sessionId, update, session } = await sessionWith(answer());
    const time = '2101-01-01T00:00:00.000Z';
    await app.database.sql.query('UPDATE "ChatSession" SET "updatedAt" = $2 WHERE id = $1', [
      sessionId,
      time,
    ]);
    expect(await update('result')).toMatchObject({ chatMessage: { updatedAt: time } });
    expect(await session()).toMatchObject({ updatedAt: time, revision: 2 });
  });

  test.each<ChatMessageRole>(['SYSTEM', 'DEVELOPER', 'USER', 'ASSISTANT', 'FUNCTION'])(
    'leaves a message of role %s alone',
    async (role) => {
      const { update, contents, session } = await sessionWith({ role, toolCallId, content: 'old' });
      expect(await update('new')).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
      expect(await contents()).toEqual(['question', 'old']);
      expect((await session()).revision).toBe(1);
    },
  );

  test('finds the answer behind another message with the same call id', async () => {
    const { update, contents } = await sessionWith(answer('old'), { ...answer('asked'), role: 'ASSISTANT' });
    await update('new');
    expect(await contents()).toEqual(['question', 'new', 'asked']);
  });

  test('means the newest of several answers', async () => {
    const { update, contents } = await sessionWith(answer('first'), answer('second'));
    await update('new');
    expect(await contents()).toEqual(['question', 'first', 'new']);
    expect(await update('other', { expectedContent: 'first' })).toMatchObject({
      __typename: 'ContentConflictError',
      currentContent: 'new',
    });
  });

  test('is NotFoundError for a call or a session that is not there', async () => {
    const { client, sessionId } = await sessionWith(answer());
    for (const input of [
      { sessionId, toolCallId: 'other', content: 'x' },
      { sessionId: randomUUID(), toolCallId, content: 'x' },
    ]) {
      expect(await updateContent(client, input)).toMatchObject({ __typename: 'NotFoundError' });
    }
  });

  test('does not touch the answer to a call of the same id in another session', async () => {
    const { client, sessionId, update } = await sessionWith(answer('old'));
    const other = await createSession(client);
    await appended(client, other.id, [answer('old')]);
    await update('new');
    expect((await readMessages(client, other.id)).map(({ content }) => content)).toEqual(['old']);
    expect((await readMessages(client, sessionId))[1]).toMatchObject({ content: 'new' });
  });

  test('with the content that is there succeeds without a revision', async () => {
    const { update, session } = await sessionWith(answer('old'));
    const first = await update('new');
    const before = await session();
    expect(await update('new')).toEqual(first);
    // A retry of a compare-and-set that took effect.
    expect(await update('new', { expectedContent: 'old' })).toEqual(first);
    expect(await session()).toEqual(before);
  });
});

describe('expectedContent', () => {
  test.each([
    ['the content', 'old', 'old'],
    ['no content', null, null],
    ['an empty content', '', ''],
  ])('lets the update pass when the message holds it: %s', async (_what, held, expectedContent) => {
    const { update, contents } = await sessionWith(answer(held));
    expect(await update('new', { expectedContent })).toMatchObject({ chatMessage: { content: 'new' } });
    expect(await contents()).toEqual(['question', 'new']);
  });

  test.each([
    ['another content', 'current', 'old'],
    ['no content, but there is one', 'current', null],
    ['no content, but it is empty', '', null],
    ['an empty content, but there is none', null, ''],
    ['the same but for a blank', 'old ', 'old'],
  ])('stops it otherwise: %s', async (_what, held, expectedContent) => {
    const { update, contents, session } = await sessionWith(answer(held));
    const before = await session();
    expect(await update('new', { expectedContent })).toEqual({
      __typename: 'ContentConflictError',
      code: 'CONFLICT',
      message: 'The content is not the expected one: somebody changed it.',
      currentContent: held,
    });
    expect(await contents()).toEqual(['question', held]);
    expect(await session()).toEqual(before);
  });

  test.each([null, 'waiting'])('lets exactly one of 20 at once pass, from %p', async (held) => {
    const { update, contents, session } = await sessionWith(answer(held));
    const answers = await Promise.all(
      numbers(20).map((n) => update(`result ${n}`, { expectedContent: held })),
    );
    const won = answers.filter(({ __typename }) => __typename === 'UpdateToolMessageContentSuccess');
    expect(won).toHaveLength(1);
    const content = await contents();
    expect(won[0]).toMatchObject({ chatMessage: { content: content[1], revision: 2 } });
    for (const lost of answers.filter((other) => other !== won[0])) {
      expect(lost).toMatchObject({ __typename: 'ContentConflictError', currentContent: content[1] });
    }
    expect((await session()).revision).toBe(2);
  });
});

test('20 updates at once without an expectation are all stored, one after the other', async () => {
  const { update, session, contents } = await sessionWith(answer());
  const answers = await Promise.all(numbers(20).map((n) => update(`result ${n}`)));
  const messages = answers.map((each) => member(each, 'UpdateToolMessageContentSuccess').chatMessage);
  expect(messages.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(
    numbers(20).map((n) => n + 2),
  );
  const last = messages.find(({ revision }) => revision === 21);
  expect(await contents()).toEqual(['question', last?.content]);
  expect((await session()).revision).toBe(21);
});

test('updates and appends at once each get a revision of their own', async () => {
  const { client, sessionId, update, session } = await sessionWith(answer());
  const [updates, appends] = await Promise.all([
    Promise.all(numbers(12).map((n) => update(`result ${n}`))),
    Promise.all(numbers(12).map((n) => appended(client, sessionId, fromUser(`message ${n}`)))),
  ]);
  const revisions = [
    ...updates.map((each) => member(each, 'UpdateToolMessageContentSuccess').chatMessage.revision),
    ...appends.flat().map(({ revision }) => revision),
  ];
  expect(revisions.sort((a, b) => a - b)).toEqual(numbers(24).map((n) => n + 2));
  expect(await session()).toMatchObject({ revision: 25, messageCount: 14 });
});

test('an update without an expectation meets no conflict while the answer is being appended', async () => {
  const sessions = await Promise.all(numbers(40).map(() => sessionWith()));
  for (const { client, sessionId, update, contents } of sessions) {
    const [, ...updates] = await Promise.all([
      appended(client, sessionId, [answer('first')]),
      ...numbers(4).map(() => update('second')),
    ]);
    const kinds = updates.map(({ __typename }) => __typename);
    expect(kinds).not.toContain('ContentConflictError');
    const isUpdated = kinds.includes('UpdateToolMessageContentSuccess');
    expect(await contents()).toEqual(['question', isUpdated ? 'second' : 'first']);
  }
});
