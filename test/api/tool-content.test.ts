import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
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
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

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
    update: (
      content: string,
      expected: { expectedContent?: string | null; messageId?: string | null } = {},
    ) => updateContent(client, { sessionId, toolCallId, content, ...expected }),
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

describe('of several answers to one call', () => {
  interface Expected {
    expectedContent?: string | null;
  }
  const none: Expected = {};

  test.each<[string, (string | null)[], string, Expected, (string | null)[]]>([
    ['the newest, when all have content', ['a', 'b', 'c'], 'x', none, ['a', 'b', 'x']],
    ['the only one without content', [null, 'b'], 'x', none, ['x', 'b']],
    ['the newest without content', [null, null, 'c'], 'x', none, [null, 'x', 'c']],
    ['not one that is empty, which is a content', ['', null, ''], 'x', none, ['', 'x', '']],
    ['the one that holds what is expected', ['a', 'b'], 'x', { expectedContent: 'a' }, ['x', 'b']],
    ['the newest of those', ['a', 'a', 'b'], 'x', { expectedContent: 'a' }, ['a', 'x', 'b']],
    ['before one without content', ['a', null], 'x', { expectedContent: 'a' }, ['x', null]],
    [
      'the newest of those without content',
      [null, null, 'c'],
      'x',
      { expectedContent: null },
      [null, 'x', 'c'],
    ],
    ['the empty one, when that is expected', ['', null, 'c'], 'x', { expectedContent: '' }, ['x', null, 'c']],
    // A retry finds what its first try wrote.
    ['none, when one holds the new content already', ['x', 'b'], 'x', { expectedContent: 'a' }, ['x', 'b']],
    ['none, when the newest holds it', ['a', 'x'], 'x', none, ['a', 'x']],
    ['the newest again, when an older one came with it', ['x', 'b'], 'x', none, ['x', 'x']],
    ['the one without content, when another holds it', ['x', null], 'x', none, ['x', 'x']],
  ])('it means %s', async (_which, held, content, expected, after) => {
    const { update, contents, session } = await sessionWith(...held.map(answer));
    expect(await update(content, expected)).toMatchObject({ chatMessage: { content } });
    expect(await contents()).toEqual(['question', ...after]);
    expect((await session()).revision).toBe(JSON.stringify(held) === JSON.stringify(after) ? 1 : 2);
  });

  test.each<[string, (string | null)[], Expected, string | null]>([
    ['of the newest without content', ['b', null, 'c'], { expectedContent: 'a' }, null],
    ['of the newest, when all have content', ['b', 'c'], { expectedContent: 'a' }, 'c'],
    ['of the newest, when none was expected', ['b', 'c'], { expectedContent: null }, 'c'],
  ])('a conflict tells the content %s', async (_which, held, expected, currentContent) => {
    const { update, contents } = await sessionWith(...held.map(answer));
    const conflict = { __typename: 'ContentConflictError', currentContent };
    expect(await update('x', expected)).toMatchObject(conflict);
    expect(await contents()).toEqual(['question', ...held]);
  });

  test('a late result goes to the older turn, also when it is sent again', async () => {
    const { update, contents, session } = await sessionWith(answer(), answer('finished'));
    const first = await update('late');
    expect(await contents()).toEqual(['question', 'late', 'finished']);
    const before = await session();
    expect(await update('late')).toEqual(first);
    expect(await contents()).toEqual(['question', 'late', 'finished']);
    expect(await session()).toEqual(before);
    // News are for the newest again.
    await update('newer');
    expect(await contents()).toEqual(['question', 'late', 'newer']);
  });

  test.each([null, 'waiting'])('results at once go to one of 12 each, from %p', async (held) => {
    const results = numbers(12).map((n) => `result ${n}`);
    const { update, contents, session } = await sessionWith(...results.map(() => answer(held)));
    const answers = await Promise.all(results.map((each) => update(each, { expectedContent: held })));
    const messages = answers.map((each) => member(each, 'UpdateToolMessageContentSuccess').chatMessage);
    expect(messages.map(({ content }) => content)).toEqual(results);
    expect((await contents()).slice(1).sort()).toEqual([...results].sort());
    expect((await session()).revision).toBe(13);
  });

  test('results at once without an expectation overwrite none while one waits', async () => {
    const results = numbers(12).map((n) => `result ${n}`);
    const { update, contents } = await sessionWith(...results.map(() => answer()));
    await Promise.all(results.map((each) => update(each)));
    expect((await contents()).slice(1).sort()).toEqual([...results].sort());
  });
});

describe('messageId', () => {
  const ids = () => [randomUUID(), randomUUID(), randomUUID()] as const;

  test.each([0, 1, 2])('means that message, whatever the others hold: %i', async (place) => {
    const named = ids();
    for (const held of [null, 'old'])
      for (const expected of [{}, { expectedContent: held }]) {
        const own = held === null ? ids() : named;
        const { update, contents } = await sessionWith(...own.map((id) => ({ ...answer(held), id })));
        const messageId = own[place] ?? '';
        const first = await update('new', { ...expected, messageId });
        expect(first).toMatchObject({ chatMessage: { id: messageId, content: 'new' } });
        const after = ['question', ...own.map((id) => (id === messageId ? 'new' : held))];
        expect(await contents()).toEqual(after);
        // A retry, with and without what was expected.
        expect(await update('new', { ...expected, messageId })).toEqual(first);
        expect(await contents()).toEqual(after);
        await app.database.sql.query('DELETE FROM "ChatMessage" WHERE id = ANY($1)', [own]);
      }
  });

  test('with another content than expected is a conflict about that message', async () => {
    const [first, second] = ids();
    const { update, contents } = await sessionWith(
      { ...answer('a'), id: first },
      { ...answer('b'), id: second },
    );
    expect(await update('x', { messageId: first, expectedContent: 'b' })).toMatchObject({
      __typename: 'ContentConflictError',
      currentContent: 'a',
    });
    expect(await contents()).toEqual(['question', 'a', 'b']);
  });

  test('null is as absent', async () => {
    const { update, contents } = await sessionWith(answer(), answer('b'));
    await update('x', { messageId: null });
    expect(await contents()).toEqual(['question', 'x', 'b']);
  });

  test('of a message that does not answer this call is NotFoundError, and changes nothing', async () => {
    const [own, other, elsewhere] = ids();
    const { client, sessionId, update, contents } = await sessionWith(
      answer(),
      { ...answer(), id: own, toolCallId: 'call_2' },
      { ...answer(), id: other, role: 'ASSISTANT' },
    );
    const { id } = await createSession(client);
    await appended(client, id, [{ ...answer('there'), id: elsewhere }]);
    for (const messageId of [own, other, elsewhere, sessionId, randomUUID()]) {
      expect(await update('x', { messageId })).toEqual({
        __typename: 'NotFoundError',
        code: 'NOT_FOUND',
        message: 'There is no message of role TOOL that answers this call.',
      });
    }
    expect(await contents()).toEqual(['question', null, null, null]);
    expect((await readMessages(client, id)).map(({ content }) => content)).toEqual(['there']);
  });

  test('of another user finds nothing', async () => {
    const [id] = ids();
    const { sessionId, contents } = await sessionWith({ ...answer(), id });
    const stranger = app.as(newUser());
    expect(
      await updateContent(stranger, { sessionId, toolCallId, content: 'x', messageId: id }),
    ).toMatchObject({ __typename: 'NotFoundError' });
    expect(await contents()).toEqual(['question', null]);
  });

  test('lets exactly one of 20 at once pass that expect no content', async () => {
    const [older, newer] = ids();
    const { update, contents } = await sessionWith({ ...answer(), id: older }, { ...answer(), id: newer });
    const answers = await Promise.all(
      numbers(20).map((n) => update(`result ${n}`, { messageId: older, expectedContent: null })),
    );
    const won = answers.filter(({ __typename }) => __typename === 'UpdateToolMessageContentSuccess');
    expect(won).toHaveLength(1);
    const [, content, untouched] = await contents();
    expect(won[0]).toMatchObject({ chatMessage: { content } });
    expect(untouched).toBeNull();
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
