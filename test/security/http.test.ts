import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeOf } from '../support/answer-code.js';
import { codesOf } from '../support/coded-errors.js';
import { gateTo } from '../support/gate.js';
import { send } from '../support/raw-http.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const json = { 'content-type': 'application/json' };
const typename = JSON.stringify({ query: '{ __typename }' });
const get = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

let app: TestApp;
let throughYoga: TestApp;
beforeAll(async () => {
  app = await startTestApp({ BODY_LIMIT: '20000' });
  throughYoga = await startTestApp({}, false);
});
afterAll(() => Promise.all([app.close(), throughYoga.close()]));

describe('a body', () => {
  test.each([
    ['that is no JSON', '{'],
    ['that is empty', ''],
    ['that is cut off', typename.slice(0, -3)],
    ['that is JSON twice', typename + typename],
    ['that is null', 'null'],
    ['that is a text', '"{ __typename }"'],
    ['that is a number', '5'],
    ['that is a list, for batches are not taken', `[${typename}]`],
    ['that is an empty list', '[]'],
    ['without a document', '{}'],
    ['with extensions that are a list', '{"query":"{ __typename }","extensions":[]}'],
  ])('%s is a bad request', async (_what, body) => {
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers: json, body });
    expect(answer.status).toBe(400);
    expect(codeOf(answer)).toBe('BAD_REQUEST');
  });

  test.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/graphql'],
    ['application/graphql+json'],
    ['application/jsonp'],
    ['text/json'],
    ['application/json, text/plain'],
    ['application/json; charset=utf-16'],
    ['application/json; charset=utf'],
    ['application/json; charset=utf-80'],
    ['application/json; charset="utf-16"'],
    ['application/json; charset=utf-8; charset=utf-16'],
    ['application/json; charset=latin1'],
    ['application/json; charset='],
    ['application / json'],
    ['"application/json"'],
    [''],
    [undefined],
  ])('of type %s is not taken', async (type) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body: typename });
    expect(answer.status).toBe(415);
    expect(codeOf(answer)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  test.each([
    ['application/json'],
    ['Application/JSON'],
    ['application/json ; charset="UTF-8"'],
    ['application/json;odata=verbose'],
    ['application/json; charset=utf8'],
    ['application/json;charset=UTF8'],
    ['application/json; charset="utf8"'],
    ['application/json; Charset=utf-8; x="a;charset=utf-16"'],
  ])('of type %s is taken', async (type) => {
    const headers = { 'content-type': type };
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body: typename });
    expect(answer).toMatchObject({ status: 200, text: '{"data":{"__typename":"Query"}}' });
  });

  test.each([['gzip'], ['br'], ['deflate'], ['identity, gzip']])('in %s is not taken', async (encoding) => {
    const headers = { ...json, 'content-encoding': encoding };
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body: typename });
    expect(answer.status).toBe(415);
    expect(codeOf(answer)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  test.each([
    ['in one piece', false, 20_001],
    ['in chunks', true, 20_001],
    ['in many chunks', true, 1_000_000],
  ])('over the limit is refused: %s', async (_how, chunked, bytes) => {
    const body = `{"query":"{ __typename }"${' '.repeat(bytes - 26)}}`;
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers: json, body, chunked });
    expect(answer.status).toBe(413);
    expect(codeOf(answer)).toBe('PAYLOAD_TOO_LARGE');
    // What is left of the body would be taken for the next request.
    expect(answer.headers.connection).toBe('close');
  });

  test.each([
    ['in one piece', false],
    ['in chunks', true],
  ])('of exactly the limit is taken: %s', async (_how, chunked) => {
    const body = `{"query":"{ __typename }"${' '.repeat(20_000 - 26)}}`;
    expect(Buffer.byteLength(body)).toBe(20_000);
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers: json, body, chunked });
    expect(answer.status).toBe(200);
  });
});

describe('a method', () => {
  test('GET asks', async () => {
    expect(await send(app.origin, get('{ __typename }'))).toMatchObject({
      status: 200,
      text: '{"data":{"__typename":"Query"}}',
    });
  });

  test('GET changes nothing', async () => {
    const id = randomUUID();
    const mutation = `mutation { createChatSession(input: { id: "${id}", userId: "x" }) { __typename } }`;
    const answer = await send(app.origin, get(mutation));
    expect(answer.status).toBe(405);
    expect(codeOf(answer)).toBe('METHOD_NOT_ALLOWED');
    const { rows } = await app.database.sql.query('SELECT FROM "ChatSession" WHERE id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test.each([
    ['without a document', '/graphql'],
    ['with variables that are no JSON', `${get('{ __typename }')}&variables=x`],
    ['with variables that are a list', `${get('{ __typename }')}&variables=[]`],
    ['with extensions that are no JSON', `${get('{ __typename }')}&extensions={`],
  ])('GET %s is a bad request', async (_what, path) => {
    const answer = await send(app.origin, path);
    expect(answer.status).toBe(400);
    expect(codeOf(answer)).toBe('BAD_REQUEST');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('%s is not allowed', async (method) => {
    const answer = await send(app.origin, '/graphql', { method, headers: json, body: typename });
    expect(answer.status).toBe(405);
    expect(codeOf(answer)).toBe('METHOD_NOT_ALLOWED');
    expect(answer.headers.allow).toBe('GET, POST');
  });
});

describe('a path', () => {
  test.each([
    '/',
    '/graphql/',
    '/graphql/x',
    '/Graphql',
    '//graphql',
    '/%67raphql',
    '/health/',
    '/x/health',
    '/health%00',
    '/readyz',
    '/../etc/passwd',
  ])('%s leads nowhere', async (path) => {
    const answer = await send(app.origin, path);
    expect(answer.status).toBe(404);
    expect(codeOf(answer)).toBe('NOT_FOUND');
  });

  test.each([
    ['/health', /^{"status":"alive"}$/],
    ['/health?from=probe', /^{"status":"alive"}$/],
    ['/ready', /^{"status":"ready","liveChanges":"(listening|polling)"}$/],
    ['/ready?from=probe', /^{"status":"ready","liveChanges":"(listening|polling)"}$/],
  ])('%s tells how the server is', async (path, text) => {
    const answer = await send(app.origin, path);
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(text);
  });
});

test.each([
  ['id', '5'],
  ['doc_id', '"x"'],
  ['documentId', '"x"'],
  ['onError', '"NULL"'],
  ['operationType', '{"a":[1]}'],
  ['__proto__', '{"query":"{ x }"}'],
  ['constructor', 'null'],
  ['', 'true'],
])('a property that is not known is ignored: %s', async (name, value) => {
  // The second is no plain request, and so takes the other way.
  for (const [query, data] of [
    ['{ __typename }', { __typename: 'Query' }],
    ['{ __schema { __typename } }', { __schema: { __typename: '__Schema' } }],
  ] as const) {
    const body = `{"query":"${query}",${JSON.stringify(name)}:${value}}`;
    for (const server of [app, throughYoga]) {
      const answer = await send(server.origin, '/graphql', { method: 'POST', headers: json, body });
      expect(JSON.parse(answer.text)).toEqual({ data });
    }
  }
  const alone = `{${JSON.stringify(name)}:${value}}`;
  const answer = await send(app.origin, '/graphql', { method: 'POST', headers: json, body: alone });
  expect(answer.status).toBe(400);
  expect(codeOf(answer)).toBe('BAD_REQUEST');
  const path = `${get('{ __typename }')}&${new URLSearchParams({ [name]: value }).toString()}`;
  expect(await send(app.origin, path)).toMatchObject({ status: 200 });
});

describe('x-request-id', () => {
  test.each([['abc'], ['a-b_c.d:e'], ['x'.repeat(100)]])('%s is kept', async (id) => {
    const headers = { ...json, 'x-request-id': id };
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body: '{"query":"{ x }"}' });
    expect(answer.headers['x-request-id']).toBe(id);
    expect(codeOf(answer)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each([['x'.repeat(101)], ['a b'], ['<script>'], ['{"a":1}'], ['a,b'], ['\u00e9'], ['']])(
    '%s is replaced',
    async (id) => {
      const answer = await send(app.origin, '/health', { headers: { 'x-request-id': id } });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('without its database', () => {
  test('the server is alive and not ready, says to try again, and finds back', async () => {
    const url = new URL(app.database.url);
    const gate = await gateTo(url);
    url.hostname = '127.0.0.1';
    url.port = String(gate.port);
    const server = await startTestApp({ DATABASE_URL: url.href });
    const asked = () => server.as(newUser()).post({ query: `{ chatSession(id: "${randomUUID()}") { id } }` });
    try {
      expect((await asked()).data).toEqual({ chatSession: null });
      await gate.close();
      expect(await send(server.origin, '/health')).toMatchObject({ status: 200 });
      // The database is asked once a second at most.
      await until(async () => (await send(server.origin, '/ready')).status === 503);
      const ready = await send(server.origin, '/ready');
      expect(JSON.parse(ready.text)).toEqual({
        status: 'no database',
        reason: 'The database does not answer.',
      });
      const { errors, headers } = await asked();
      expect(codesOf(errors, headers.get('x-request-id'))).toEqual(['SERVICE_UNAVAILABLE']);
      expect(errors[0]?.extensions.retryable).toBe(true);
      await gate.open();
      await until(async () => (await send(server.origin, '/ready')).status === 200);
      expect((await asked()).data).toEqual({ chatSession: null });
    } finally {
      await server.close();
      await gate.close();
    }
  });
});
