import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { beginSocket } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const start = startsTestApps();

let app: TestApp;
beforeAll(async () => {
  app = await start({ DATABASE_TIMEOUT_MILLISECONDS: '1500' });
});

const update = (fields: object) => (id: string) => ({
  query:
    'mutation ($input: UpdateChatSessionInput!) { result: updateChatSession(input: $input) { __typename } }',
  variables: { input: { id, ...fields } },
});
const append =
  (message: object, place: object = {}) =>
  (sessionId: string) => ({
    query:
      'mutation ($input: AppendChatMessageInput!) { result: appendChatMessage(input: $input) { __typename } }',
    variables: { input: { sessionId, ...place, message: { role: 'USER', content: 'Hello', ...message } } },
  });
const remove = (id: string) => ({
  query: `mutation { deleteChatSession(input: { id: "${id}" }) { __typename } }`,
});

const writes = [
  { what: 'prompt tokens that are added', write: update({ addPromptTokens: 1 }), retryable: false },
  { what: 'completion tokens that are added', write: update({ addCompletionTokens: 1 }), retryable: false },
  { what: 'a title, and tokens', write: update({ title: 'A', addPromptTokens: 1 }), retryable: false },
  { what: 'tokens that are set', write: update({ totalPromptTokens: 1 }), retryable: true },
  { what: 'a message without an id', write: append({}), retryable: false },
  { what: 'a message with an id', write: append({ id: randomUUID() }), retryable: true },
  { what: 'a deletion', write: remove, retryable: true },
  { what: 'a message without an id, at its place', write: append({}, { sequence: 0 }), retryable: true },
];

async function openSession() {
  const user = newUser();
  const client = app.as(user);
  return { client, id: (await app.ledgerOf(user).sessions.create({})).chatSession.id };
}

/** Keeps everybody else from writing to a session while something runs. */
async function whileLocked<Result>(id: string, run: () => Promise<Result>): Promise<Result> {
  const holder = await app.database.sql.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    return await run();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

/** Sends a write that waits for a lock, until something else ends it. */
async function failing(write: (id: string) => object, end: () => Promise<unknown>) {
  const { client, id } = await openSession();
  return whileLocked(id, async () => {
    const answer = client.post(write(id));
    await end();
    const { errors, headers } = await answer;
    return { extensions: errors[0]?.extensions, retryAfter: headers.get('retry-after') };
  });
}

async function cutWaiting(): Promise<boolean> {
  const { rowCount } = await app.database.sql.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return (rowCount ?? 0) > 0;
}

describe('after a time limit', () => {
  test.each(writes)('$what: retryable is $retryable', async ({ write, retryable }) => {
    const { extensions } = await failing(write, () => Promise.resolve());
    expect(extensions).toMatchObject({ code: 'TIMEOUT', retryable });
  });
});

test('after a connection that broke, tokens that are added are not to be sent again', async () => {
  const { extensions, retryAfter } = await failing(update({ addPromptTokens: 1 }), () => until(cutWaiting));
  expect(extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false });
  expect(retryAfter).toBeNull();
});

describe('an error beside another write of the same request', () => {
  const inputs = '$first: UpdateChatSessionInput!, $second: UpdateChatSessionInput!';
  const query = `mutation (${inputs}) {
    first: updateChatSession(input: $first) { __typename }
    second: updateChatSession(input: $second) { __typename }
  }`;
  type Errors = readonly { readonly extensions: object }[];
  type Send = (user: string, body: { query: string; variables: object }) => Promise<Errors>;
  const ways: [string, Send][] = [
    ['JSON', async (user, body) => (await app.as(user).post(body)).errors],
    [
      'an event stream',
      async (user, body) => (await app.as(user).post(body, { accept: 'text/event-stream' })).errors,
    ],
    [
      'a WebSocket',
      async (user, payload) => {
        const socket = await beginSocket(app.url, { 'x-user-id': user });
        socket.send({ type: 'subscribe', id: '1', payload });
        const answer = await socket.next();
        socket.socket.terminate();
        return (answer?.payload as { errors: Errors }).errors;
      },
    ],
  ];

  /** Two sessions of a user, of which one is locked, and the errors of a request that writes to both. */
  async function besides(send: Send, first: object, second: object) {
    const user = newUser();
    const { sessions } = app.ledgerOf(user);
    const free = (await sessions.create({})).chatSession.id;
    const locked = (await sessions.create({})).chatSession.id;
    const variables = { first: { id: free, ...first }, second: { id: locked, ...second } };
    const errors = await whileLocked(locked, () => send(user, { query, variables }));
    return { errors: errors.map(({ extensions }) => extensions), free: await sessions.get(free) };
  }
  const timeout = (retryable: boolean) => expect.objectContaining({ code: 'TIMEOUT', retryable }) as object;

  test.each(ways)('that added tokens says that it is not to be sent again, as %s', async (_, send) => {
    const { errors, free } = await besides(send, { addPromptTokens: 1 }, { title: 'A' });
    expect(errors).toEqual([timeout(false)]);
    expect(free).toMatchObject({ totalPromptTokens: 1 });
  });

  test.each(ways)('that set tokens may be sent again, as %s', async (_, send) => {
    const { errors } = await besides(send, { totalPromptTokens: 1 }, { title: 'A' });
    expect(errors).toEqual([timeout(true)]);
  });

  test.each(ways)('that was refused, and so added nothing, may be sent again, as %s', async (_, send) => {
    const unknown = { id: randomUUID(), addPromptTokens: 1 };
    const { errors } = await besides(send, unknown, { title: 'A' });
    expect(errors).toEqual([timeout(true)]);
  });
});
