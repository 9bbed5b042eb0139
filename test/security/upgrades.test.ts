import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hashOf } from '../../src/auth/authenticate.js';
import { beginSocket, openSocket } from '../support/socket.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { apiKey, bearer, secret } from './credentials.js';
import { noSocket, whoAmI } from './socket-calls.js';

const start = startsTestApps();
let app: TestApp;
let secured: TestApp;
beforeAll(async () => {
  app = await start();
  secured = await start({ AUTH_JWT_SECRET: secret, AUTH_API_KEYS: `worker:${hashOf(apiKey)}` });
});

describe('a page of another origin', () => {
  const origin = 'https://app.example.com';
  const open = (server: TestApp, from: string, headers = {}) =>
    openSocket(server.url, { headers: { origin: from, ...headers } });

  test.each([[origin], ['null'], ['http://localhost:4000'], ['http://127.0.0.1'], ['file://'], ['x']])(
    'opens no socket by default: %s',
    async (from) => {
      for (const server of [app, secured])
        expect(await noSocket(open(server, from))).toMatchObject({ status: 403, codes: ['FORBIDDEN'] });
      const proof = bearer(apiKey);
      expect(await noSocket(open(secured, from, proof))).toMatchObject({ status: 403 });
      expect(await noSocket(open(app, from, { 'x-user-id': 'alice' }))).toMatchObject({ status: 403 });
    },
  );

  test('opens one when it is listed, exactly so', async () => {
    const listing = await start({ CORS_ORIGINS: origin });
    (await open(listing, origin)).socket.close();
    for (const from of [`${origin}:8443`, `${origin}.evil.example`, 'http://app.example.com', 'null'])
      expect(await noSocket(open(listing, from))).toMatchObject({ status: 403 });
  });

  test.each([
    ['the same origin', 'http://localhost:4000', 'localhost:4000'],
    ['the same, behind a proxy that ends TLS', 'https://ledger.example.com', 'ledger.example.com'],
    ['the same, with the port that the scheme has', 'https://ledger.example.com', 'ledger.example.com:443'],
  ])('is none when it is %s', async (_what, from, host) => {
    (await open(secured, from, { host })).socket.close();
  });

  test('is not reached under a foreign name in development mode', async () => {
    const host = 'evil.example.com';
    expect(await noSocket(open(app, `http://${host}`, { host }))).toMatchObject({
      status: 401,
      codes: ['UNAUTHENTICATED'],
    });
  });
});

describe('an upgrade', () => {
  const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version': '13' };
  /** Sends it as it is. */
  async function upgraded(
    path: string,
    headers: Record<string, string>,
    method = 'GET',
    body = '',
  ): Promise<string> {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const lines = Object.entries({ host: 'localhost', connection: 'Upgrade', ...headers });
    socket.write(
      [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join(
        '\r\n',
      ),
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return first.toString();
  }

  test.each([['/'], ['/health'], ['/graphql/'], ['/nothing']])(
    'to another path is refused: %s',
    async (path) => {
      const answer = await upgraded(path, { upgrade: 'websocket', ...key });
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).toContain('"code":"NOT_FOUND"');
    },
  );

  test.each([
    ['without a key', { 'sec-websocket-version': '13' }],
    ['with a key that is none', { ...key, 'sec-websocket-key': 'x' }],
    ['of another version', { ...key, 'sec-websocket-version': '7' }],
  ])('%s is refused with the version that is spoken', async (_what, headers) => {
    const answer = await upgraded('/graphql', { upgrade: 'websocket', ...headers });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"BAD_REQUEST"');
    expect(answer).toContain('sec-websocket-version: 13');
  });

  test('may name its host in its target', async () => {
    const answer = await upgraded('http://localhost/graphql', { upgrade: 'websocket', ...key });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    const evil = await upgraded('http://evil.example.com/graphql', { upgrade: 'websocket', ...key });
    expect(evil).toMatch(/^HTTP\/1\.1 401 /);
  });

  test.each([['a b'], ['localhost/x'], ['user@localhost'], ['']])(
    'with the host "%s" is refused',
    async (host) => {
      const answer = await upgraded('/graphql', { upgrade: 'websocket', ...key, host });
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"code":"BAD_REQUEST"');
    },
  );

  test('to another protocol is a plain request', async () => {
    const body = JSON.stringify({ query: whoAmI });
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQAAP__',
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    const answer = await upgraded('/graphql', headers, 'POST', body);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"kind":"SERVICE"');
    expect(await upgraded('/health', { upgrade: 'h2c' })).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('in a POST is a plain request', async () => {
    const answer = await upgraded(
      '/graphql',
      { upgrade: 'websocket', ...key, 'content-length': '0' },
      'POST',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
  });

  test.each([[['graphql-ws']], [['anything']], [[]]])(
    'for the protocols %p is closed with 4406',
    async (protocols) => {
      const socket = await openSocket(app.url, { protocols });
      expect(await socket.closed).toMatchObject({ code: 4406 });
    },
  );

  test('for several protocols gets the one that is spoken', async () => {
    const socket = await beginSocket(app.url, {}, { protocols: ['graphql-ws', 'graphql-transport-ws'] });
    expect(socket.socket.protocol).toBe('graphql-transport-ws');
    socket.socket.close();
  });

  test('gets no compression', async () => {
    const socket = await beginSocket(app.url, {}, { perMessageDeflate: true });
    expect(socket.socket.extensions).toBe('');
    socket.socket.close();
  });

  test('is refused beyond the sockets that a process may have', async () => {
    const few = await start({ SOCKET_LIMIT: '2' });
    const open = [await openSocket(few.url), await openSocket(few.url)];
    expect(await noSocket(openSocket(few.url))).toMatchObject({
      status: 503,
      codes: ['SERVICE_UNAVAILABLE'],
      headers: { 'retry-after': '1' },
    });
    open[0]?.socket.close();
    await until(async () => {
      const opened = await openSocket(few.url).catch(() => undefined);
      opened?.socket.close();
      return opened !== undefined;
    });
    open[1]?.socket.close();
  });
});
