import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Client } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, Delete, updated } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

// An id names a message within its session alone. What `node` means by it, where it stands for several things.

const app = useTestApp();

const Nodes = graphql(`
  query NodesById($id: ID!, $ids: [ID!]!) {
    node(id: $id) {
      ...NodesFields
    }
    nodes(ids: $ids) {
      ...NodesFields
    }
  }
  fragment NodesFields on Node {
    __typename
    ... on ChatSession {
      title
    }
    ... on ChatMessage {
      sessionId
      content
    }
  }
`);

/** What an id stands for. @throws when `nodes` says something else than `node` */
async function nodeOf(client: Client, id: string) {
  const { node, nodes } = await client.runOk(Nodes, { id, ids: [id, randomUUID(), id] });
  expect(nodes).toEqual([node, null, node]);
  return node;
}

/** A session of its own for each of the contents, with a message of this id; in order of time. */
async function store(client: Client, id: string, ...contents: string[]): Promise<string[]> {
  const sessions: string[] = [];
  for (const content of contents) {
    const session = await createSession(client);
    await appended(client, session.id, [{ id, role: 'USER', content }]);
    // Two may come within a millisecond.
    await app.database.sql.query(
      `UPDATE "ChatMessage" SET "createdAt" = "createdAt" + $2 * interval '1 second' WHERE "sessionId" = $1`,
      [session.id, sessions.length],
    );
    sessions.push(session.id);
  }
  return sessions;
}

const message = (content: string) => expect.objectContaining({ __typename: 'ChatMessage', content });

test('of several messages of one id it is the newest, and the one before once that is deleted', async () => {
  const [client, id] = [app.as(newUser()), randomUUID()];
  const [first = '', second = ''] = await store(client, id, 'older', 'newer');
  expect(await nodeOf(client, id)).toEqual({
    __typename: 'ChatMessage',
    sessionId: second,
    content: 'newer',
  });
  // A change of the older one does not make it newer.
  await updated(client, { id: first, title: 'changed' });
  expect(await nodeOf(client, id)).toEqual(message('newer'));
  await client.runOk(Delete, { input: { id: second } });
  expect(await nodeOf(client, id)).toEqual({ __typename: 'ChatMessage', sessionId: first, content: 'older' });
});

test('it is the newest of those that the viewer may see', async () => {
  const id = randomUUID();
  const [alice, bob] = [app.as(newUser()), app.as(newUser())];
  await store(alice, id, "Alice's");
  await store(bob, id, "Bob's older", "Bob's newer");
  expect(await nodeOf(alice, id)).toEqual(message("Alice's"));
  expect(await nodeOf(bob, id)).toEqual(message("Bob's newer"));
  expect(await nodeOf(app.as(newUser()), id)).toBeNull();
  expect(await nodeOf(app.as(), id)).toEqual(message("Bob's newer"));
});

test('a session comes before the messages of its id, for those who may see it', async () => {
  const id = randomUUID();
  const [alice, bob] = [app.as(newUser()), app.as(newUser())];
  await store(alice, id, "Alice's");
  await store(bob, id, "Bob's");
  await createSession(bob, { id, title: 'a session' });
  expect(await nodeOf(bob, id)).toEqual({ __typename: 'ChatSession', title: 'a session' });
  expect(await nodeOf(app.as(), id)).toEqual({ __typename: 'ChatSession', title: 'a session' });
  expect(await nodeOf(alice, id)).toEqual(message("Alice's"));
});

test('one that many sessions of others have too is found, and so are those from before there were hashes', async () => {
  const id = randomUUID();
  const [alice, bob] = [app.as(newUser()), app.as(newUser())];
  await store(alice, id, "Alice's");
  // As it was stored when an id was one message's.
  await app.database.sql.query('UPDATE "ChatMessage" SET "ownerHash" = NULL WHERE id = $1', [id]);
  await store(bob, id, ...Array.from({ length: 30 }, (_, n) => `Bob's ${n}`));
  expect(await nodeOf(alice, id)).toEqual(message("Alice's"));
  expect(await nodeOf(bob, id)).toEqual(message("Bob's 29"));

  // And where the version before wrote more of them beside the new keys.
  await app.database.sql.query('UPDATE "ChatMessage" SET "ownerHash" = NULL WHERE id = $1', [id]);
  expect(await nodeOf(alice, id)).toEqual(message("Alice's"));
  await store(alice, id, "Alice's newer");
  expect(await nodeOf(alice, id)).toEqual(message("Alice's newer"));
  expect(await nodeOf(app.as(newUser()), id)).toBeNull();
  expect(await nodeOf(app.as(), id)).toMatchObject({ __typename: 'ChatMessage' });
});

test('many ids of messages at once, among them one of two sessions', async () => {
  const client = app.as(newUser());
  const { id: sessionId } = await createSession(client);
  const ids = Array.from({ length: 20 }, () => randomUUID());
  await appended(
    client,
    sessionId,
    ids.map((id, n) => ({ id, role: 'USER', content: `${n}` }) as const),
  );
  const [shared = ''] = ids;
  const [other] = await store(client, shared, 'first', 'again');
  await client.runOk(Delete, { input: { id: other ?? '' } });
  const { nodes } = await client.runOk(Nodes, { id: shared, ids });
  expect(nodes.map((node) => (node?.__typename === 'ChatMessage' ? node.content : node))).toEqual([
    'again',
    ...ids.slice(1).map((_, n) => `${n + 1}`),
  ]);
});
