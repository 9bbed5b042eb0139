import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Client } from '../support/client.js';
import { createSession } from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { watch } from '../support/watch.js';

const start = startsTestApps();
const timeout = 100;

let app: TestApp;
beforeAll(async () => {
  app = await start({ REQUEST_TIMEOUT_MILLISECONDS: `${timeout}` });
});

/** Sends a request whose first statement waits, in the database, until the time of the request is over. */
async function sentSlowly(client: Client, query: string) {
  const holder = new pg.Client({ connectionString: app.database.url });
  await holder.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE "ChatSession" IN ACCESS EXCLUSIVE MODE');
    const begun = performance.now();
    const answer = client.post({ query });
    await until(() => performance.now() - begun > 2 * timeout);
    await holder.query('COMMIT');
    return await answer;
  } finally {
    await holder.end();
  }
}

const tooLate = {
  message: 'The request took too long. This part of it was not begun.',
  extensions: { code: 'TIMEOUT', retryable: true },
};

test('of several mutations those are not begun whose turn comes too late', async () => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const other = randomUUID();
  const { data, errors } = await sentSlowly(
    client,
    `mutation {
      slow: updateChatSession(input: { id: "${id}", title: "slow" }) { __typename }
      late: createChatSession(input: { id: "${other}" }) { __typename }
    }`,
  );
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ path: ['late'], ...tooLate }]);

  const query = `{ slow: chatSession(id: "${id}") { title } late: chatSession(id: "${other}") { title } }`;
  expect((await client.post({ query })).data).toEqual({ slow: { title: 'slow' }, late: null });
});

test('of reads that need another one first those are not begun whose turn comes too late', async () => {
  const client = app.as(newUser());
  await createSession(client);
  const query = '{ chatSessions { nodes { changes(first: 1) { revision } } } }';
  const { result, statements } = await app.countingStatements(() => sentSlowly(client, query));
  expect(result.errors).toMatchObject([tooLate]);
  expect(statements).toHaveLength(1);
});

test('streams have no such limit', async () => {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  const query = `subscription { chatSessionChanges(sessionId: "${id}") {
    ... on ChatSessionUpdated { chatSession { title lastMessage { id } changes { revision } } }
  } }`;
  const stream = await watch(app.url, { 'x-user-id': user }, query, {});
  await stream.nextData();
  await sentSlowly(
    client,
    `mutation { updateChatSession(input: { id: "${id}", title: "late" }) { __typename } }`,
  );
  expect(await stream.nextData()).toMatchObject({});
  stream.stop();
});
