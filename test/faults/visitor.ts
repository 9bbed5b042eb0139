import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Random } from '../support/chaos/random.js';
import { ListWatcher, SessionWatcher } from '../support/chaos/watchers.js';
import { Writer } from '../support/chaos/writer.js';
import { createClient, type Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { Create, createSession, Delete, member } from '../support/ledger.js';
import { contentsOf, readRecord } from '../support/session-record.js';
import { newUser } from '../support/test-app.js';
import { until } from '../support/until.js';

/** Windows from both ends, a list with more lists in it, and pages with cursors. */
const reads = [
  'query ($id: ID!) { chatSession(id: $id) { title messageCount messages(last: 20) { nodes { role content } } } }',
  'query ($id: ID!) { chatSession(id: $id) { messages(first: 3) { edges { cursor node { id status } } pageInfo { hasNextPage endCursor } totalCount } lastMessage { content } } }',
  'query ($id: ID!) { node(id: $id) { ... on ChatSession { changes(afterRevision: 0, first: 5) { revision hasMore } } } }',
  '{ chatSessions(first: 10) { totalCount nodes { id title lastMessage { content } messages(last: 2) { nodes { content } } } } }',
  '{ viewer { kind userId } }',
  '{ __schema { queryType { fields { name } } } }',
];

/** Requests that are refused, by the codes that they get. */
const bad: Readonly<Record<string, unknown>> = {
  GRAPHQL_PARSE_FAILED: { query: '{ viewer {' },
  GRAPHQL_VALIDATION_FAILED: { query: '{ viewer { wrong } }' },
  BAD_USER_INPUT: { query: '{ chatSession(id: "x") { id } }' },
  QUERY_TOO_COMPLEX: { query: `{ ${'a: __typename '.repeat(200)} }` },
  BAD_REQUEST: '{"query": "{ viewer',
};

/**
 * Somebody who comes, uses the server in all the ordinary ways for about a second, and goes: two sessions are made and
 * written to, with batches, tools and streamed answers, while they are read and watched; there are mistakes, and
 * requests that are given up. In the end the ledger must hold what was acknowledged, and the watchers what the ledger
 * holds.
 *
 * @returns how many messages were acknowledged
 */
export async function visit(url: string, random: Random): Promise<number> {
  const userId = newUser();
  const client = createClient(url, { 'x-user-id': userId });
  const sessions = [await createSession(client), await createSession(client)];
  const sessionIds = sessions.map(({ id }) => id);
  const options = () => ({ userId, urls: [url], delay: 0, random: random.fork() });
  const watchers = sessionIds.map((id) => new SessionWatcher(id, options()));
  const list = new ListWatcher(client, options());

  const [calm, end] = [new AbortController(), new AbortController()];
  const watching = Promise.all(
    [...watchers, list].map((watcher) => watcher.run({ calm: calm.signal, end: end.signal })),
  );
  watching.catch(() => undefined);
  try {
    const signal = AbortSignal.timeout(random.between(300, 1_500));
    const writer = new Writer(client, sessionIds, random.fork());
    await Promise.all([writer.run(signal), readUntil(signal, client, sessionIds, random.fork())]);
    await giveUp(url, userId, random);
    // A change of a message may be told with its arrival, at the revision of that. Nothing can tell of this as well.
    await writer.appendToAll();
    calm.abort();
    const { messages } = writer.acknowledged;
    let found = 0;
    for (const { sessionId, record } of watchers) {
      const stored = await readRecord(client, sessionId);
      const hasAll = until(() => record.revision >= stored.revision);
      await Promise.race([hasAll, watching.then(() => hasAll)]);
      expect(contentsOf(record)).toEqual(stored);
      for (const { id, sequence, content, status } of stored.messages)
        expect({ id, sequence, content, status }).toEqual(messages.get(id));
      found += stored.messages.length;
    }
    expect(found).toBe(messages.size);
    if (random.chance(0.8)) for (const id of sessionIds) await remove(client, id);
    return found;
  } finally {
    calm.abort();
    end.abort();
    await watching;
  }
}

async function readUntil(
  signal: AbortSignal,
  client: Client,
  sessionIds: readonly string[],
  random: Random,
): Promise<void> {
  while (!signal.aborted) {
    const [code, body] = random.pick(Object.entries(bad));
    const refused = await client.post(body);
    expect(codesOf(refused.errors)[0]).toBe(code);
    for (const query of reads) {
      const id = random.pick(sessionIds);
      const { errors } = await client.post({ query, variables: { id } });
      expect(errors).toEqual([]);
    }
  }
}

/** Sends a read and a write, and hangs up on them after a moment: before, while or after they are answered. */
async function giveUp(url: string, userId: string, random: Random): Promise<void> {
  const write = { query: Create.toString(), variables: { input: { id: randomUUID() } } };
  for (const body of [{ query: reads[3] }, write]) {
    const gone = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': userId },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(random.between(0, 6)),
    });
    await gone.then((answer) => answer.text()).catch(() => undefined);
  }
}

async function remove(client: Client, id: string): Promise<void> {
  const { deleteChatSession } = await client.runOk(Delete, { input: { id } });
  member(deleteChatSession, 'DeleteChatSessionSuccess');
}
