import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { send } from '../support/raw-http.js';
import { startTestApp, type TestApp, useTestApp } from '../support/test-app.js';

const json = { 'content-type': 'application/json' };
const typename = JSON.stringify({ query: '{ __typename }' });

const inAddress = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

/** What a browser sends for a page of any origin without asking the server whether it may. */
interface Simple {
  readonly path?: string;
  /** Default: POST. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const app = useTestApp();

describe('a page of another origin', () => {
  const origin = 'https://app.example.com';
  const preflight = (server: TestApp, from: string) =>
    send(server.origin, '/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, authorization',
      },
    });
  const ask = (server: TestApp, from: string) =>
    send(server.origin, '/graphql', { method: 'POST', headers: { ...json, origin: from }, body: typename });

  test.each([[origin], ['null'], ['http://localhost:4000'], ['http://127.0.0.1']])(
    'reads nothing by default: %s',
    async (from) => {
      for (const answer of [await preflight(app, from), await ask(app, from)]) {
        const names = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
        expect(names).toEqual([]);
      }
    },
  );

  // Without a header that says who asks, which only a page that may ask can send, it would be a service.
  const simple: Record<string, (mutation: string) => Simple> = {
    'a form that is plain text': (query) => ({
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query }),
    }),
    'a form in an address': (query) => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query }).toString(),
    }),
    'a form in parts': (query) => ({
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query })}\r\n--x--\r\n`,
    }),
    'a file without a type': (query) => ({ body: JSON.stringify({ query }) }),
    'a type of which the second half is JSON': (query) => ({
      headers: { 'content-type': 'text/plain; application/json' },
      body: JSON.stringify({ query }),
    }),
    'a link': (query) => ({ method: 'GET', path: inAddress(query) }),
    'a link of which only the head is wanted': (query) => ({ method: 'HEAD', path: inAddress(query) }),
    'a stream of events': (query) => ({
      method: 'GET',
      path: inAddress(query),
      headers: { accept: 'text/event-stream' },
    }),
    'a form whose address holds all': (query) => ({
      path: inAddress(query),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    }),
  };
  test.each(Object.entries(simple))('changes nothing without asking first: %s', async (_how, write) => {
    const id = randomUUID();
    const mutation = `mutation { createChatSession(input: { id: "${id}", userId: "x" }) { __typename } }`;
    const { path = '/graphql', method = 'POST', headers, ...rest } = write(mutation);
    const answer = await send(app.origin, path, {
      method,
      headers: { ...headers, origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site' },
      ...rest,
    });
    expect([405, 415]).toContain(answer.status);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    const { rows } = await app.database.sql.query('SELECT FROM "ChatSession" WHERE id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test.each([
    ['none', {}, []],
    ['some', { CORS_HEADERS: 'x-tenant, X-Trace-Id' }, ['x-tenant', 'x-trace-id']],
  ])(
    'may send what tracing adds, its own headers, and %s of the operator',
    async (_which, environment, more) => {
      const open = await startTestApp({ CORS_ORIGINS: origin, ...environment });
      try {
        const { headers } = await preflight(open, origin);
        const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ');
        expect(allowed).toEqual([
          ...['authorization', 'content-type', 'x-request-id', 'x-user-id'],
          ...['traceparent', 'tracestate', 'baggage', 'sentry-trace', ...more],
        ]);
        expect(headers['x-content-type-options']).toBe('nosniff');
      } finally {
        await open.close();
      }
    },
  );

  test('reads when it is listed, and others still do not', async () => {
    const open = await startTestApp({ CORS_ORIGINS: `${origin}, https://other.example.com` });
    try {
      for (const answer of [await preflight(open, origin), await ask(open, origin)]) {
        expect(answer.headers['access-control-allow-origin']).toBe(origin);
        expect(answer.headers['access-control-expose-headers']).toBe('x-request-id, retry-after');
        expect(answer.headers.vary).toMatch(/origin/i);
      }
      expect(await preflight(open, origin)).toMatchObject({
        status: 204,
        headers: {
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': expect.stringContaining('authorization'),
        },
      });
      // A page may read why it was refused.
      const refused = await send(open.origin, '/graphql', {
        method: 'POST',
        headers: { origin },
        body: typename,
      });
      expect(refused).toMatchObject({ status: 415, headers: { 'access-control-allow-origin': origin } });
      expect(refused.headers['access-control-allow-credentials']).toBeUndefined();
      for (const from of [
        'https://evil.example.com',
        `${origin}.evil.com`,
        'http://app.example.com',
        'null',
      ]) {
        for (const answer of [await preflight(open, from), await ask(open, from)]) {
          expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual(
            [],
          );
          expect(answer.headers.vary).toMatch(/origin/i);
        }
      }
    } finally {
      await open.close();
    }
  });
});
