import { readdirSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { newId, type ChatledgerClient, type ChatMessage } from '@chatledger/client';
import { buildSchema, isInterfaceType, parse, visit } from 'graphql';
import * as sdk from '../../client/index.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

const start = startsTestApps();
const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const documents = new URL('../../client/documents/', import.meta.url);

let app: TestApp;
let ledger: ChatledgerClient;
let user: string;
beforeAll(async () => {
  app = await start();
  user = newUser();
  ledger = app.ledgerOf(user);
});

async function newSession(): Promise<string> {
  return (await ledger.sessions.create({})).chatSession.id;
}

async function appended(sessionId: string, ...contents: string[]): Promise<ChatMessage[]> {
  const messages = contents.map((content) => ({ role: 'USER' as const, content }));
  return (await ledger.messages.appendBatch({ sessionId, messages })).chatMessages;
}

async function toArray<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const array: Item[] = [];
  for await (const item of items) array.push(item);
  return array;
}

test('every operation of the schema has a document', () => {
  const asked = new Set<string>();
  for (const file of readdirSync(documents)) {
    const document = parse(readFileSync(new URL(file, documents), 'utf8'));
    visit(document, {
      OperationDefinition: ({ selectionSet }) => {
        for (const selection of selectionSet.selections)
          if ('name' in selection) asked.add(selection.name.value);
      },
    });
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}));
  expect([...asked].sort()).toEqual(fields.sort());
});

test('every expected failure of the schema has a class of its name', () => {
  const failure = schema.getType('Error');
  if (!isInterfaceType(failure)) throw new Error('Error is an interface.');
  const names = schema.getPossibleTypes(failure).map(({ name }) => name);
  expect(names).not.toHaveLength(0);
  for (const name of names) expect(Reflect.get(sdk, name)).toHaveProperty('prototype');
});

test('an id is a UUID of version 7, in order of time, and never the same', () => {
  const ids = Array.from({ length: 1_000 }, newId);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
  const times = ids.map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(60_000);
});

describe('sessions', () => {
  test('are created, read, changed, counted and deleted', async () => {
    const { chatSession, created } = await ledger.sessions.create({
      title: 'One',
      credentials: { key: 'k' },
    });
    expect({ chatSession, created }).toMatchObject({
      created: true,
      chatSession: { title: 'One', userId: user, messageCount: 0 },
    });
    expect(await ledger.sessions.get(chatSession.id)).toEqual(chatSession);
    expect(await ledger.sessions.credentials(chatSession.id)).toEqual({ key: 'k' });
    const updated = await ledger.sessions.update({ id: chatSession.id, title: 'Two', addPromptTokens: 3 });
    expect(updated.chatSession).toMatchObject({ title: 'Two', totalPromptTokens: 3 });
    expect(await ledger.sessions.count()).toBe(await app.ledgerOf().sessions.count({ userId: user }));
    expect(await ledger.sessions.delete(chatSession.id)).toMatchObject({ id: chatSession.id });
    expect(await ledger.sessions.get(chatSession.id)).toBeNull();
  });

  test('come page by page and one by one, from both ends', async () => {
    const owner = app.ledgerOf(newUser());
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1)
      ids.unshift((await owner.sessions.create({ title: `${number}` })).chatSession.id);

    const first = await owner.sessions.page({ first: 3 });
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const second = await owner.sessions.page({ first: 3, after: first.pageInfo.endCursor ?? '' });
    expect(second.nodes.map(({ id }) => id)).toEqual(ids.slice(3, 6));
    const skipped = await owner.sessions.page({ first: 2, offset: 5 });
    expect(skipped.nodes.map(({ id }) => id)).toEqual(ids.slice(5));

    const all = await toArray(owner.sessions.all({ pageSize: 3 }));
    expect(all.map(({ id }) => id)).toEqual(ids);
    const oldestFirst = await toArray(owner.sessions.all({ pageSize: 2, from: 'end' }));
    expect(oldestFirst.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await owner.sessions.count()).toBe(7);
  });

  test('tell what happened after a revision', async () => {
    const id = await newSession();
    await appended(id, 'a', 'b');
    await ledger.sessions.update({ id, title: 'T' });
    const page = await ledger.sessions.changes(id, { first: 1 });
    expect(page).toMatchObject({ hasMore: true, changes: [{ __typename: 'ChatMessagesAppended' }] });
    const rest = await ledger.sessions.changes(id, { afterRevision: page.revision });
    expect(rest).toMatchObject({ hasMore: false, changes: [{ chatSession: { title: 'T' } }] });
    await expect(ledger.sessions.changes(id, { afterRevision: 99 })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});

describe('messages', () => {
  test('are appended, read, answered and streamed', async () => {
    const sessionId = await newSession();
    const { chatMessage, replayed } = await ledger.messages.append({
      sessionId,
      message: { role: 'ASSISTANT', toolCalls: [{ id: 'call', type: 'function' }] },
    });
    expect({ chatMessage, replayed }).toMatchObject({ replayed: false, chatMessage: { sequence: 0 } });
    await ledger.messages.append({ sessionId, message: { role: 'TOOL', toolCallId: 'call' } });
    const answer = await ledger.messages.updateToolContent({ sessionId, toolCallId: 'call', content: '42' });
    expect(answer.chatMessage).toMatchObject({ sequence: 1, content: '42' });

    const started = await ledger.messages.start({ sessionId, content: 'So ' });
    const messageId = started.chatMessage.id;
    expect(await ledger.messages.extend({ sessionId, messageId, offset: 3, delta: 'what' })).toMatchObject({
      length: 7,
    });
    const finished = await ledger.messages.finish({ sessionId, messageId, status: 'COMPLETE' });
    expect(finished.chatMessage).toMatchObject({ content: 'So what', status: 'COMPLETE' });

    const page = await ledger.messages.page({ sessionId });
    expect(page?.nodes.map(({ content }) => content)).toEqual([null, '42', 'So what']);
    expect(page?.revision).toBe((await ledger.sessions.get(sessionId))?.revision);
    expect(await ledger.node(messageId)).toMatchObject({ __typename: 'ChatMessage', content: 'So what' });
    expect(await ledger.nodes([sessionId, randomUUID()])).toMatchObject([
      { __typename: 'ChatSession' },
      null,
    ]);
  });

  test('come one by one from both ends, each once', async () => {
    const sessionId = await newSession();
    const contents = Array.from({ length: 11 }, (_, number) => `${number}`);
    await appended(sessionId, ...contents);
    const forwards = await toArray(ledger.messages.all({ sessionId, pageSize: 4 }));
    expect(forwards.map(({ content }) => content)).toEqual(contents);
    const backwards = await toArray(ledger.messages.all({ sessionId, pageSize: 4, from: 'end' }));
    expect(backwards.map(({ content }) => content)).toEqual(contents.toReversed());
    expect(await toArray(ledger.messages.all({ sessionId: await newSession() }))).toEqual([]);
  });
});

test('a viewer learns who it is', async () => {
  expect(await ledger.viewer()).toEqual({ kind: 'USER', userId: user, name: null });
  expect(await app.ledgerOf().viewer()).toMatchObject({ kind: 'SERVICE' });
});

test('own documents are sent, with their types or as text', async () => {
  const id = await newSession();
  const typed = await ledger.request(sdk.documents.ChatSessionDocument, { id });
  expect(typed.chatSession?.id).toBe(id);
  expect(await ledger.request('query ($id: ID!) { chatSession(id: $id) { title } }', { id })).toEqual({
    chatSession: { title: null },
  });
});

describe('expected failures', () => {
  const missing = randomUUID();
  const cases: [string, (options?: { failures: 'return' }) => Promise<unknown>, object][] = [
    ['NotFoundError', (options) => ledger.sessions.update({ id: missing }, options), { code: 'NOT_FOUND' }],
    ['NotFoundError', (options) => ledger.sessions.delete(missing, options), { code: 'NOT_FOUND' }],
    [
      'ChatSessionIdTakenError',
      async (options) => {
        const { chatSession } = await app.ledgerOf(newUser()).sessions.create({});
        return ledger.sessions.create({ id: chatSession.id }, options);
      },
      { code: 'CONFLICT' },
    ],
    [
      'SequenceConflictError',
      async (options) => {
        const sessionId = await newSession();
        await appended(sessionId, 'a', 'b');
        return ledger.messages.append({ sessionId, sequence: 1, message: { role: 'USER' } }, options);
      },
      { nextSequence: 2 },
    ],
    [
      'MessageIdConflictError',
      async (options) => {
        const sessionId = await newSession();
        const [held] = await appended(sessionId, 'a');
        const message = { id: held?.id, role: 'USER' as const, content: 'b' };
        return ledger.messages.appendBatch({ sessionId, messages: [message] }, options);
      },
      { messageId: expect.any(String) },
    ],
    [
      'ContentConflictError',
      async (options) => {
        const sessionId = await newSession();
        const message = { role: 'TOOL' as const, toolCallId: 'c', content: 'is' };
        await ledger.messages.append({ sessionId, message });
        const input = { sessionId, toolCallId: 'c', content: 'new', expectedContent: 'was' };
        return ledger.messages.updateToolContent(input, options);
      },
      { currentContent: 'is' },
    ],
    [
      'OffsetConflictError',
      async (options) => {
        const sessionId = await newSession();
        const { chatMessage } = await ledger.messages.start({ sessionId, content: 'abc' });
        const input = { sessionId, messageId: chatMessage.id, offset: 9, delta: 'd' };
        return ledger.messages.extend(input, options);
      },
      { length: 3 },
    ],
    [
      'MessageNotInProgressError',
      async (options) => {
        const sessionId = await newSession();
        const [held] = await appended(sessionId, 'a');
        const input = { sessionId, messageId: held?.id ?? '', status: 'FAILED' as const };
        return ledger.messages.finish(input, options);
      },
      { status: 'COMPLETE' },
    ],
  ];

  test.each(cases)('%s is thrown, and returned by choice', async (name, fail, fields) => {
    const thrown = await fail().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Reflect.get(sdk, name));
    expect(thrown).toMatchObject({ name, retryable: false, ...fields });
    expect(await fail({ failures: 'return' })).toMatchObject({ __typename: name, ...fields });
  });

  test('are told apart by their __typename, for the compiler too', async () => {
    const sessionId = await newSession();
    await appended(sessionId, 'a');
    const message = { role: 'USER' as const };
    const result = await ledger.messages.append({ sessionId, sequence: 0, message }, { failures: 'return' });
    if (result.__typename !== 'SequenceConflictError') throw new Error(`Not expected: ${result.__typename}`);
    const next: number = result.nextSequence;
    expect(next).toBe(1);
    const success: 'AppendChatMessageSuccess' = (await ledger.messages.append({ sessionId, message }))
      .__typename;
    expect(success).toBe('AppendChatMessageSuccess');
  });

  test('methods that need a session throw NotFoundError', async () => {
    await expect(ledger.sessions.credentials(missing)).rejects.toBeInstanceOf(sdk.NotFoundError);
    await expect(ledger.sessions.changes(missing)).rejects.toBeInstanceOf(sdk.NotFoundError);
    await expect(toArray(ledger.messages.all({ sessionId: missing }))).rejects.toBeInstanceOf(
      sdk.NotFoundError,
    );
    expect(await ledger.messages.page({ sessionId: missing })).toBeNull();
  });
});

test('what the server refuses comes with its code, the field and the id of the request', async () => {
  const error = await ledger.sessions.create({ title: 'x'.repeat(501) }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(sdk.RequestError);
  expect(error).toMatchObject({
    code: 'BAD_USER_INPUT',
    retryable: false,
    inputPath: ['input', 'title'],
    requestId: expect.any(String),
  });
});
