import { randomUUID } from 'node:crypto';
import { request, type ClientRequest } from 'node:http';
import { expect, test } from '@jest/globals';
import { Append, appendOne, createSession, member, numbers, readSession } from '../support/ledger.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

const newMessage = () => ({ id: randomUUID(), role: 'USER', content: randomUUID() }) as const;

/** Sends a request, for its client to hang up. Headers decide which adapter answers. */
function send({ server }: Scene, body: object, headers: Record<string, string> = {}): ClientRequest {
  const sent = request(server.url, {
    agent: false,
    method: 'POST',
    headers: { 'x-user-id': 'alice', 'content-type': 'application/json', ...headers },
  });
  // That there is no answer.
  sent.on('error', () => undefined);
  sent.end(JSON.stringify(body));
  return sent;
}

async function hangUp(scene: Scene, sent: ClientRequest): Promise<void> {
  const abandoned = scene.logged('request abandoned');
  sent.destroy();
  await until(() => scene.logged('request abandoned') > abandoned);
}

const oneRead = 'query ($id: ID!) { chatSession(id: $id) { title } }';
const threeReads = `query ($id: ID!) {
  chatSession(id: $id) { title }
  chatSessions { totalCount nodes { id } }
  viewer { kind }
}`;
const changes = `query ($id: ID!) {
  chatSession(id: $id) { changes(afterRevision: 0) { hasMore } }
}`;

test.each([
  ['one read', oneRead, {}],
  ['several reads that travel together', threeReads, {}],
  ['reads answered through Yoga', threeReads, { accept: 'application/json, multipart/mixed' }],
  ['changes', changes, {}],
])('a client that hangs up takes its reads out of the database: %s', async (name, query, headers) => {
  const scene = await stage.open();
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const times = rounds(3);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold('LOCK TABLE "ChatSession", "ChatMessage"');
    const sent = send(scene, { query, variables: { id } }, headers);
    await until(async () => (await scene.waiting()) === 1);
    await hangUp(scene, sent);
    // Still locked: nothing else ends it before its limit of 10 s.
    await until(async () => (await scene.waiting()) === 0);
    await release();
    await readSession(client, id);
  }
  // Nobody is told of it, and nothing is wrong.
  expect(scene.logged('A request failed')).toBe(0);
  await scene.survived(`client gone during a read (${name})`, times);
});

test('reads of clients that have hung up are not sent any more', async () => {
  const readers = 20;
  const scene = await stage.open({ DATABASE_POOL_SIZE: '1', MAX_QUEUED: `${readers + 1}` });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const append = appendOne(client, id, newMessage());
    await until(async () => (await scene.waiting()) === 1);
    const sent = numbers(readers).map(() => send(scene, { query: oneRead, variables: { id } }));
    // All have come in: there is no room for another one.
    await until(async () => (await client.post({ query: '{ viewer { kind } }' })).status === 503);
    for (const each of sent) await hangUp(scene, each);
    await release();
    member(await append, 'AppendChatMessageSuccess');
    const { rows } = await scene.sql.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE application_name = 'chatledger'
       AND datname = current_database()`,
    );
    expect(rows.map(({ query }) => query.slice(0, 20))).toEqual([expect.stringContaining('append_messages')]);
  }
  await scene.survived('clients gone while their reads wait for a connection', times);
});

test('a write whose client hangs up takes effect all the same, and once when it is sent again', async () => {
  const scene = await stage.open();
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const times = rounds(5);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const variables = { input: { sessionId: id, message: newMessage() } };
    const sent = send(scene, { query: Append.toString(), variables });
    await until(async () => (await scene.waiting()) === 1);
    await hangUp(scene, sent);
    // One that hangs up during a read is cancelled by now: this one has come after it.
    await cancelsRead(scene);
    expect(await scene.waiting()).toBe(1);
    const again = client.runOk(Append, variables);
    await until(async () => (await scene.waiting()) === 2);
    await release();
    expect((await again).appendChatMessage).toMatchObject({
      replayed: true,
      chatMessage: { sequence: round - 1, content: variables.input.message.content },
    });
    expect(await readSession(client, id)).toMatchObject({ messageCount: round });
  }
  await scene.survived('client gone during a write, which it sends again', times);
});

/** Has a read begin to wait, and its client hang up. Resolves once it is cancelled. */
async function cancelsRead(scene: Scene): Promise<void> {
  const waiting = await scene.waiting();
  // A table that no append needs.
  const release = await scene.hold('LOCK TABLE "ChatMessageChunk"');
  const query = '{ node(id: "018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d") { ... on ChatMessage { content } } }';
  const sent = send(scene, { query });
  await until(async () => (await scene.waiting()) === waiting + 1);
  await hangUp(scene, sent);
  await until(async () => (await scene.waiting()) === waiting);
  await release();
}
