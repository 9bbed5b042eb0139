import { expect } from '@jest/globals';
import { startsAttackedServer } from '../support/attacked-server.js';
import { createClient, type Received } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { testCredentialsKey } from '../support/credentials.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { testOnLinux } from '../support/server-load.js';
import { newUser } from '../support/test-app.js';

const attacked = startsAttackedServer({ CREDENTIALS_KEYS: testCredentialsKey });

/** What one user gets for the same request ten times at once. */
async function tenTimes(user: string, body: object): Promise<Received<unknown>[]> {
  const client = createClient(attacked.process.url, { 'x-user-id': user });
  return attacked.survives(() => Promise.all(numbers(10).map(() => client.post(body))));
}

testOnLinux('the changes of one session a thousand times are read once', async () => {
  const user = newUser();
  const client = createClient(attacked.process.url, { 'x-user-id': user });
  const { id } = await createSession(client);
  await appended(client, id, fromUser(...numbers(100).map(String)));
  const changes = (first: number) => ({
    query: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ChatSession { changes(first: ${first}) { revision } } } }`,
    variables: { ids: Array<string>(1_000).fill(id) },
  });
  for (const { errors } of await tenTimes(user, changes(1_000)))
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
  for (const { data, errors } of await tenTimes(user, changes(40))) {
    expect(errors).toEqual([]);
    expect(data).toEqual({ nodes: Array(1_000).fill({ changes: { revision: 1 } }) });
  }
});

testOnLinux('18 kB can not become 49,500 messages', async () => {
  const user = newUser();
  const client = createClient(attacked.process.url, { 'x-user-id': user });
  const { id } = await createSession(client);
  const appends = numbers(99).map(
    (n) => `a${n}: appendChatMessages(input: { sessionId: "${id}", messages: $m }) { __typename }`,
  );
  const query = `mutation ($m: [ChatMessageInput!]!) { ${appends.join(' ')} }`;
  const variables = { m: Array(500).fill({ role: 'USER' }) };
  expect(JSON.stringify({ query, variables }).length).toBeLessThan(20_000);
  for (const { errors } of await tenTimes(user, { query, variables }))
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
  const { rows } = await attacked.database.sql.query('SELECT FROM "ChatMessage" WHERE "sessionId" = $1', [
    id,
  ]);
  expect(rows).toEqual([]);
});

testOnLinux('one large text in a variable can not be written 99 times', async () => {
  const user = newUser();
  const client = createClient(attacked.process.url, { 'x-user-id': user });
  const { id } = await createSession(client);
  const appends = numbers(99).map(
    (n) =>
      `a${n}: appendChatMessage(input: { sessionId: "${id}", message: { role: USER, content: $text } }) { __typename }`,
  );
  const query = `mutation ($text: String) { ${appends.join(' ')} }`;
  const variables = { text: 'x'.repeat(1_000_000) };
  for (const { errors } of await tenTimes(user, { query, variables }))
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
});
