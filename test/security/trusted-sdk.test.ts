import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createChatledgerClient, documents, newId, type ChatledgerClient } from '@chatledger/client';
import { newUser, useTestApp } from '../support/test-app.js';

const manifest = fileURLToPath(new URL('../../dist/client/trusted-documents.json', import.meta.url));

const app = useTestApp({ TRUSTED_DOCUMENTS: manifest });

/** What the client sends, each text once. */
const sent = new Set<string>();
const listening: typeof fetch = (url, options) => {
  sent.add((JSON.parse(options?.body as string) as { query: string }).query);
  return fetch(url, options);
};

/** The methods, and notes in `called` which of them are called. */
function noting<Methods extends object>(methods: Methods, called: Set<string>): Methods {
  return new Proxy(methods, {
    get(target, name, receiver) {
      if (typeof name === 'string') called.add(name);
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

async function first<Value>(values: AsyncIterable<Value>): Promise<Value> {
  for await (const value of values) return value;
  throw new Error('There is none.');
}

test('with the manifest of the SDK all of its methods work, and use all of it', async () => {
  const client = createChatledgerClient({
    url: app.url,
    headers: { 'x-user-id': newUser() },
    fetch: listening,
    retry: false,
  });
  const called = { all: new Set<string>(), sessions: new Set<string>(), messages: new Set<string>() };
  const ledger = noting(client, called.all);
  const sessions = noting(client.sessions, called.sessions);
  const messages = noting(client.messages, called.messages);

  const sessionId = newId();
  await sessions.create({ id: sessionId, credentials: { key: 'secret' } });
  expect(await sessions.credentials(sessionId)).toEqual({ key: 'secret' });
  await sessions.update({ id: sessionId, title: 'Trusted' });
  expect(await sessions.get(sessionId)).toMatchObject({ title: 'Trusted' });
  expect(await sessions.count()).toBe(1);
  expect((await sessions.page()).nodes).toHaveLength(1);
  expect(await first(sessions.all())).toMatchObject({ id: sessionId });

  await messages.append({ sessionId, message: { role: 'USER', content: 'Rain?' } });
  await messages.appendBatch({ sessionId, messages: [{ role: 'TOOL', toolCallId: 'call_1' }] });
  await messages.updateToolContent({ sessionId, toolCallId: 'call_1', content: 'Rain.' });
  const { chatMessage } = await messages.start({ sessionId });
  await messages.extend({ sessionId, messageId: chatMessage.id, offset: 0, delta: 'Rain.' });
  await messages.finish({ sessionId, messageId: chatMessage.id, status: 'COMPLETE' });
  await ledger.streamMessage({ sessionId, tokens: ['All', ' day.'] });
  expect((await messages.page({ sessionId }))?.nodes).toHaveLength(4);
  expect(await first(messages.all({ sessionId, from: 'end' }))).toMatchObject({ content: 'All day.' });

  expect((await sessions.changes(sessionId)).changes).not.toEqual([]);
  expect(await first(sessions.watch(sessionId, { afterRevision: 0 }))).toMatchObject({ revision: 1 });
  const replaced = sessions.watch(sessionId, { afterRevision: 0, epoch: 'of another database' });
  expect(await first(replaced)).toMatchObject({ __typename: 'ChatSessionReplaced' });
  expect(await first(sessions.watchList())).toHaveProperty('cursor');
  expect(await ledger.viewer()).toMatchObject({ kind: 'USER' });
  expect(await ledger.node(sessionId)).toMatchObject({ __typename: 'ChatSession' });
  expect(await ledger.nodes([chatMessage.id])).toMatchObject([{ content: 'Rain.' }]);
  expect(await ledger.request(documents.ViewerDocument, {})).toHaveProperty('viewer');
  expect(await first(ledger.subscribe(documents.WatchChatSessionDocument, { sessionId }))).toBeDefined();
  await sessions.delete(sessionId);

  // What is added to the SDK and not here is missed.
  expect(called.sessions).toEqual(new Set(Object.keys(client.sessions)));
  expect(called.messages).toEqual(new Set(Object.keys(client.messages)));
  const others = Object.keys(client).filter((name) => name !== 'sessions' && name !== 'messages');
  expect(called.all).toEqual(new Set(others));
  const texts = Object.values(JSON.parse(await readFile(manifest, 'utf8')) as Record<string, string>);
  expect(sent).toEqual(new Set(texts));
});

test.each<[string, (client: ChatledgerClient) => Promise<unknown>]>([
  ['a text of somebody else', (client) => client.request('{ viewer { kind } }', {})],
  [
    'one of the SDK with a space more',
    (client) => client.request(`${documents.ViewerDocument.toString()} `, {}),
  ],
  [
    'a subscription of somebody else',
    (client) => first(client.subscribe('subscription { userChatSessionChanges { cursor } }', {})),
  ],
])('with the manifest of the SDK, %s is refused', async (_what, ask) => {
  const client = createChatledgerClient({ url: app.url, headers: { 'x-user-id': newUser() } });
  await expect(ask(client)).rejects.toMatchObject({ name: 'RequestError', code: 'FORBIDDEN' });
});

test('with the manifest of the SDK, a document may be named by its hash alone', async () => {
  const texts = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, string>;
  const [documentId] =
    Object.entries(texts).find(([, text]) => text === String(documents.ViewerDocument)) ?? [];
  const { data } = await app.as(newUser()).post({ documentId });
  expect(data).toMatchObject({ viewer: { kind: 'USER' } });
});
