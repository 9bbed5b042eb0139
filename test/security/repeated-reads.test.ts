import { describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/data/database.js';
import { statement } from '../../src/data/statement.js';
import { codesOf } from '../support/coded-errors.js';
import { startDatabaseProxy } from '../support/database-proxy.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

const changesOf = (first: number) =>
  `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ChatSession { changes(first: ${first}) { revision } } } }`;

describe('what is asked for many times', () => {
  test('is read once', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client, { credentials: { key: 'secret' } });
    await appended(client, id, fromUser('a', 'b'));
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ChatSession {
      credentials a: changes(first: 10) { revision } b: changes(first: 10) { hasMore }
    } } }`;
    const ids = Array<string>(1_000).fill(id);
    const { result, statements } = await app.countingStatements(() =>
      client.post({ query, variables: { ids } }),
    );
    const node = { credentials: { key: 'secret' }, a: { revision: 1 }, b: { hasMore: false } };
    expect(result.data).toEqual({ nodes: ids.map(() => node) });
    expect(statements.sort()).toEqual(['messages_by_id', 'session_changes', 'sessions_by_id']);
  });

  test('is read again after a mutation of the same request', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const append = (
      name: string,
    ) => `${name}: appendChatMessage(input: { sessionId: "${id}", message: { role: USER } }) {
      ... on AppendChatMessageSuccess { chatMessage { session { changes { revision } } } }
    }`;
    const { data } = await client.post({ query: `mutation { ${append('a')} ${append('b')} }` });
    const at = (revision: number) => ({ chatMessage: { session: { changes: { revision } } } });
    expect(data).toEqual({ a: at(1), b: at(2) });
  });

  test('costs what is read, whatever is shown of it', async () => {
    const ids = numbers(1_000).map((n) => `6b6b0d6c-0000-4000-8000-${String(n).padStart(12, '0')}`);
    const { errors } = await app.as(newUser()).post({ query: changesOf(1_000), variables: { ids } });
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
  });
});

test('reads of many sessions travel in short lines', async () => {
  const client = app.as(newUser());
  const sessions = await Promise.all(numbers(90).map(() => createSession(client)));
  const ids = sessions.map(({ id }) => id);
  const { data, errors } = await client.post({ query: changesOf(500), variables: { ids } });
  expect(errors).toEqual([]);
  expect(data).toEqual({ nodes: ids.map((id) => ({ id, changes: { revision: 0 } })) });
});

test('statements of one connection that are late together say once that the database does not answer', async () => {
  const proxy = await startDatabaseProxy(app.database.url);
  let given = 0;
  const database = openDatabase({
    url: proxy.url,
    statementTimeout: 100,
    onDown: () => (given += 1),
  });
  const query = { statement: statement('one', 'SELECT 1'), values: [] };
  try {
    await database.queryTogether([query]);
    proxy.mode = 'frozen';
    const results = await database.queryTogether(Array<typeof query>(10).fill(query));
    expect(results.map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
    expect(given).toBe(0);
  } finally {
    await database.close();
    await proxy.close();
  }
});
