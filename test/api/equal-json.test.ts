import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verifyLedger } from '../../src/data/verify/verify.js';
import { cipherFor, testCredentialsKey } from '../support/credentials.js';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import {
  appendBatch,
  appendOne,
  createSession,
  member,
  readMessages,
  readSession,
  updateContent,
} from '../support/ledger.js';
import { openAnswer } from '../support/streaming.js';
import { newUser, useTestApp } from '../support/test-app.js';

// The same message again is a replay when its JSON is equal as JSON, however the keys are ordered and the numbers are
// written. What is stored, and what comes back, are the bytes of the first try.

const app = useTestApp();

async function newSession() {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const state = async () => ({
    session: await readSession(client, id),
    messages: JSON.stringify(await readMessages(client, id)),
  });
  return { client, id, state };
}

const first = {
  id: 'call_1',
  type: 'function',
  function: { name: 'find', arguments: '{"b":1,"a":2}' },
  list: [{ x: 1, y: [{ p: null, q: '' }] }, 2],
};
const reordered = {
  list: [{ y: [{ q: '', p: null }], x: 1 }, 2],
  function: { arguments: '{"b":1,"a":2}', name: 'find' },
  type: 'function',
  id: 'call_1',
};

/** Equal to `first` but for one thing. */
const others = {
  'another order of a list': { ...first, list: [2, { x: 1, y: [{ p: null, q: '' }] }] },
  'another text': { ...reordered, function: { name: 'find', arguments: '{"a":2,"b":1}' } },
  'a number that is a text': { ...reordered, list: [{ x: '1', y: [{ p: null, q: '' }] }, 2] },
  'a null that is false': { ...reordered, list: [{ x: 1, y: [{ p: false, q: '' }] }, 2] },
  'a key less': { ...reordered, list: [{ x: 1, y: [{ q: '' }] }, 2] },
  'a key more': { ...reordered, more: null },
  'a list that is an object': { ...reordered, list: { 0: { x: 1, y: [{ p: null, q: '' }] }, 1: 2 } },
};

describe('an append with equal JSON', () => {
  const message: ChatMessageInput = {
    id: randomUUID(),
    role: 'ASSISTANT',
    content: 'text',
    toolCalls: [first, {}],
    functionCall: first,
  };
  const again: ChatMessageInput = { ...message, toolCalls: [reordered, {}], functionCall: reordered };

  test('is a replay, and gives the bytes that are stored', async () => {
    const { client, id, state } = await newSession();
    const sent = { ...message, id: randomUUID() };
    await appendOne(client, id, sent);
    const before = await state();
    const result = await appendOne(client, id, { ...again, id: sent.id });
    const { chatMessage, replayed } = member(result, 'AppendChatMessageSuccess');
    expect(replayed).toBe(true);
    expect(JSON.stringify(chatMessage.toolCalls)).toBe(JSON.stringify([first, {}]));
    expect(JSON.stringify(chatMessage.functionCall)).toBe(JSON.stringify(first));
    expect(await state()).toEqual(before);
  });

  test('in a batch too, also for messages that are known by their place', async () => {
    const { client, id, state } = await newSession();
    const known: ChatMessageInput = { id: randomUUID(), role: 'USER', content: 'question' };
    const unnamed = (json: object): ChatMessageInput => ({ role: 'ASSISTANT', toolCalls: [json] });
    const sent = { ...message, id: randomUUID() };
    await appendBatch(client, id, [known, unnamed(first), sent]);
    const before = await state();
    const batch = [known, unnamed(reordered), { ...again, id: sent.id }];
    expect(await appendBatch(client, id, batch)).toMatchObject({ replayed: true });
    expect(await state()).toEqual(before);
    for (const other of Object.values(others)) {
      expect(await appendBatch(client, id, [known, unnamed(other), sent])).toMatchObject({
        __typename: 'MessageIdConflictError',
      });
    }
    expect(await state()).toEqual(before);
  });

  test.each(Object.entries(others))('is a conflict with %s', async (_what, other) => {
    const { client, id, state } = await newSession();
    const sent = { ...message, id: randomUUID() };
    await appendOne(client, id, sent);
    const before = await state();
    for (const flaw of [
      { toolCalls: [other, {}] },
      { toolCalls: [{}, reordered] },
      { functionCall: other },
      { content: 'other' },
      { toolCalls: null },
      { functionCall: null },
    ]) {
      expect(await appendOne(client, id, { ...again, ...flaw, id: sent.id })).toMatchObject({
        __typename: 'MessageIdConflictError',
        messageId: sent.id,
      });
    }
    expect(await state()).toEqual(before);
  });

  test('is a replay after the content was updated', async () => {
    const { client, id } = await newSession();
    const sent: ChatMessageInput = { ...message, id: randomUUID(), role: 'TOOL', toolCallId: 'call' };
    await appendOne(client, id, sent);
    await updateContent(client, { sessionId: id, toolCallId: 'call', content: 'new' });
    expect(
      await appendOne(client, id, { ...sent, toolCalls: [reordered, {}], functionCall: reordered }),
    ).toMatchObject({ replayed: true, chatMessage: { content: 'new' } });
    expect(await appendOne(client, id, { ...sent, content: 'new' })).toMatchObject({
      __typename: 'MessageIdConflictError',
    });
  });

  test.each([
    ['{"n":1}', '{"n":1.0}'],
    ['{"n":0}', '{"n":-0}'],
    ['{"n":100}', '{"n":1e2}'],
    ['{"n":0.1,"m":true}', '{"m":true,"n":1.0e-1}'],
    ['{"n":"a"}', '{"n":"\\u0061"}'],
    ['{"é":1,"2":2,"1":1}', '{"1":1,"\\u00e9":1,"2":2}'],
    ['{"__proto__":{"a":1,"b":2}}', '{"__proto__":{"b":2,"a":1}}'],
  ])('takes %s for %s', async (one, other) => {
    const { client, id, state } = await newSession();
    const messageId = randomUUID();
    const append = async (json: string) => {
      const query = `mutation ($input: AppendChatMessageInput!) { appendChatMessage(input: $input) {
        ... on AppendChatMessageSuccess { replayed } ... on Error { code } } }`;
      const body = `{"query":${JSON.stringify(query)},"variables":{"input":{"sessionId":"${id}","message":{
        "id":"${messageId}","role":"ASSISTANT","toolCalls":[${json}],"functionCall":${json}}}}}`;
      return (await client.post(body)).data;
    };
    expect(await append(one)).toEqual({ appendChatMessage: { replayed: false } });
    const before = await state();
    expect(await append(other)).toEqual({ appendChatMessage: { replayed: true } });
    expect(await state()).toEqual(before);
  });

  test('is not told from one in the document itself', async () => {
    const { client, id } = await newSession();
    const messageId = randomUUID();
    const append = async (json: string) =>
      (
        await client.post({
          query: `mutation { appendChatMessage(input: { sessionId: "${id}", message: {
            id: "${messageId}", role: ASSISTANT, functionCall: ${json} } }) {
            ... on AppendChatMessageSuccess { replayed } ... on Error { code } } }`,
        })
      ).data;
    expect(await append('{ a: 1, b: { c: -0.0, d: [] } }')).toEqual({
      appendChatMessage: { replayed: false },
    });
    expect(await append('{ b: { d: [], c: 0 }, a: 1.0 }')).toEqual({ appendChatMessage: { replayed: true } });
    expect(
      await appendOne(client, id, {
        id: messageId,
        role: 'ASSISTANT',
        functionCall: { b: { c: 0, d: [] }, a: 1 },
      }),
    ).toMatchObject({ replayed: true });
  });
});

describe('a finish with equal JSON', () => {
  test('is a replay, and gives the bytes that are stored', async () => {
    const { finish, finished, read } = await openAnswer(app.as(newUser()), { content: 'text' });
    const end = { toolCalls: [first], usage: { promptTokens: 1 } };
    await finished(end);
    const before = await read();
    expect(await finish({ ...end, toolCalls: [reordered] })).toMatchObject({
      replayed: true,
      chatMessage: before,
    });
    expect(JSON.stringify((await read()).toolCalls)).toBe(JSON.stringify([first]));
  });

  test.each(Object.entries(others))('has come to its end with %s', async (_what, other) => {
    const { finish, finished, read } = await openAnswer(app.as(newUser()));
    await finished({ toolCalls: [first] });
    const before = await read();
    for (const end of [{ toolCalls: [other] }, { toolCalls: [reordered], refusal: 'no' }, {}])
      expect(await finish(end)).toMatchObject({
        __typename: 'MessageNotInProgressError',
        status: 'COMPLETE',
      });
    expect(await read()).toEqual(before);
  });

  test('after one without, it is another end', async () => {
    const { finish, finished } = await openAnswer(app.as(newUser()));
    await finished();
    expect(await finish({ toolCalls: [] })).toMatchObject({ __typename: 'MessageNotInProgressError' });
  });
});

test('a start is not taken for an append of the same, nor the other way round', async () => {
  const { client, sessionId, id } = await openAnswer(app.as(newUser()));
  expect(await appendOne(client, sessionId, { id, role: 'ASSISTANT' })).toMatchObject({
    __typename: 'MessageIdConflictError',
  });
});

/** The same JSON with its keys in other orders, at every depth. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => ({
    key,
    item: shuffled(item, random),
    at: random(),
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, item }) => [key, item]));
}

test('made-up JSON with its keys in any order is a replay, and with anything changed a conflict', async () => {
  const { client, id } = await newSession();
  const text = fc.string({ unit: 'grapheme', maxLength: 5 }).filter((each) => !each.includes('\0'));
  const key = fc.oneof(text, fc.constantFrom('a', 'b', '1', '0', '__proto__', 'constructor', 'é'));
  const { object } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.nat()),
      async (calls, order) => {
        const random = () => order.next().value as number;
        const other = shuffled(calls, random) as object[];
        const message: ChatMessageInput = { id: randomUUID(), role: 'ASSISTANT', toolCalls: calls };
        const sent = member(await appendOne(client, id, message), 'AppendChatMessageSuccess');
        const replay = await appendOne(client, id, { ...message, toolCalls: other });
        expect(JSON.stringify(replay)).toBe(
          JSON.stringify({ ...sent, __typename: replay.__typename, replayed: true }),
        );
        const changed = [...other.slice(0, -1), { ...other.at(-1), [`new ${randomUUID()}`]: null }];
        for (const toolCalls of [changed, [...other, {}], other.slice(1)])
          expect(await appendOne(client, id, { ...message, toolCalls })).toMatchObject({
            __typename: 'MessageIdConflictError',
          });
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

test('whoever looks through the ledger finds it sound', async () => {
  const { sound } = await verifyLedger(app.database.url, cipherFor(testCredentialsKey), 10);
  expect(sound).toBe(true);
});
