import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
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

/** Sends a write that waits for a lock, until something else ends it. */
async function failing(write: (id: string) => object, end: () => Promise<unknown>) {
  const { client, id } = await openSession();
  const holder = await app.database.sql.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const answer = client.post(write(id));
    await end();
    return (await answer).errors[0]?.extensions;
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
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
    const extensions = await failing(write, () => Promise.resolve());
    expect(extensions).toMatchObject({ code: 'TIMEOUT', retryable });
  });
});

test('after a connection that broke, tokens that are added are not to be sent again', async () => {
  const extensions = await failing(update({ addPromptTokens: 1 }), () => until(cutWaiting));
  expect(extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false });
});
