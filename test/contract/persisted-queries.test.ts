import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { HttpLink } from '@apollo/client/link/http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { parse } from 'graphql';
import { CreateSession } from '../support/documents.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';

const viewer = 'query Viewer { viewer { userId } }';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hashOf = (text: string) => Promise.resolve(sha256(text));

/** Each request, as its method and whether it held a document or a hash. */
function recordingFetch() {
  const requests: string[] = [];
  const record: typeof fetch = (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const sent = `${address}${typeof init?.body === 'string' ? init.body : ''}`;
    const parts = [/query(=|":")/.test(sent) && 'query', sent.includes('sha256Hash') && 'hash'];
    requests.push(`${init?.method ?? 'GET'} ${parts.filter(Boolean).join(' and ')}`);
    return fetch(input, init);
  };
  return { requests, record };
}

const ways: [string, boolean][] = [
  ['the fast path', true],
  ['Yoga', false],
];

describe.each(ways)('through %s, a client that sends hashes', (_way, lean) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({}, lean);
  });
  afterAll(() => app.close());

  test.each([
    ['by POST', false, 'POST hash'],
    ['by GET', true, 'GET hash'],
  ])('of Apollo sends the text when it is asked to: %s', async (_how, useGETForHashedQueries, first) => {
    const { requests, record } = recordingFetch();
    const user = newUser();
    const link = ApolloLink.from([
      new PersistedQueryLink({ sha256: hashOf, useGETForHashedQueries }),
      new HttpLink({ uri: app.url, headers: { 'x-user-id': user }, fetch: record }),
    ]);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const { data } = await client.query({ query: parse(viewer), fetchPolicy: 'no-cache' });
    expect(data).toMatchObject({ viewer: { userId: user } });
    expect(requests[0]).toBe(first);
    expect(requests).toHaveLength(2);
    // It has learnt that hashes are of no use here.
    await client.query({ query: parse(viewer), fetchPolicy: 'no-cache' });
    expect(requests).toHaveLength(3);
    expect(requests.slice(1).every((request) => request.includes('query'))).toBe(true);
    const created = await client.mutate({
      mutation: parse(CreateSession.toString()),
      variables: { input: {} },
    });
    expect(created.data).toMatchObject({ createChatSession: { created: true } });
  });

  test.each([
    ['by POST', false],
    ['by GET', true],
  ])('of urql sends the text when it is asked to: %s', async (_how, preferGetForPersistedQueries) => {
    const { requests, record } = recordingFetch();
    const user = newUser();
    const client = new Client({
      url: app.url,
      preferGetMethod: false,
      fetch: record,
      fetchOptions: { headers: { 'x-user-id': user } },
      exchanges: [
        persistedExchange({
          preferGetForPersistedQueries,
          enableForMutation: true,
          generateHash: hashOf,
        }),
        fetchExchange,
      ],
    });
    const { data, error } = await client.query<unknown>(viewer, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data).toEqual({ viewer: { userId: user } });
    expect(requests[0]).toMatch(/ hash$/);
    expect(requests).toHaveLength(2);
    const created = await client.mutation(CreateSession.toString(), { input: {} }).toPromise();
    expect(created.data).toMatchObject({ createChatSession: { created: true } });
  });
});

describe.each(ways)('through %s, a hash', (_way, lean) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({}, lean);
  });
  afterAll(() => app.close());

  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(viewer) } };
  const post = (body: object, accept = '*/*') =>
    fetch(app.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': 'alice', accept },
      body: JSON.stringify(body),
    });

  test.each([
    ['application/json', {}],
    ['application/graphql-response+json', {}],
    ['application/json', { query: null }],
    ['application/json', { query: '' }],
    ['application/json', { operationName: 'Viewer', variables: {} }],
  ])('alone is not known, as %s with %j', async (accept, more) => {
    const response = await post({ extensions, ...more }, accept);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'PersistedQueryNotSupported',
          extensions: {
            code: 'PERSISTED_QUERY_NOT_SUPPORTED',
            retryable: false,
            requestId: response.headers.get('x-request-id'),
          },
        },
      ],
    });
  });

  test('beside a document is of no account, right or wrong', async () => {
    const wrong = { persistedQuery: { version: 1, sha256Hash: 'x' } };
    for (const each of [extensions, wrong]) {
      const response = await post({ query: viewer, extensions: each });
      expect(await response.json()).toEqual({ data: { viewer: { userId: 'alice' } } });
    }
  });

  test.each([
    [{ extensions: { persistedQuery: null } }],
    [{ extensions: { persistedQuery: {} } }],
    [{ extensions: { persistedQuery: { sha256Hash: 5 } } }],
    [{ extensions: {} }],
    [{ query: 5, extensions }],
    [[{ extensions }]],
  ])('that is none is a bad request: %j', async (body) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});
