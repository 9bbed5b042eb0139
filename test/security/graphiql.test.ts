import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import * as graphiql from '@graphql-yoga/render-graphiql/graphiql';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { send } from '../support/raw-http.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import { apiKey, bearer } from './credentials.js';

const start = startsTestApps();
let open: TestApp;
let authenticated: TestApp;
beforeAll(async () => {
  open = await start();
  authenticated = await start({ AUTH_JWT_SECRET: 'a secret of thirty-two characters or more' });
});

type Headers = Readonly<Record<string, string>>;
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const get = (app: TestApp, path: string, headers: Headers = {}) => send(app.origin, path, { headers });
const getPage = (app: TestApp, headers: Headers = {}) => get(app, '/graphql', { ...html, ...headers });

/** The paths of the scripts and styles of a page by their names, workers included. */
async function assetsOf(app: TestApp): Promise<Map<string, string>> {
  const { text } = await getPage(app);
  const addresses = text.match(/(?<=")graphql\/assets\/[^"]+(?=")/g) ?? [];
  return new Map(
    addresses.map((address) => [/(?<=\/[0-9a-f]{16}-).*/.exec(address)?.[0] ?? '', `/${address}`]),
  );
}

/** What these should hold. */
const contents: Record<string, string> = {
  'graphiql.css': graphiql.css,
  'graphiql.js': graphiql.js,
  'editor-worker.js': graphiql.editorWorkerService,
  'json-worker.js': graphiql.jsonWorker,
  'graphql-worker.js': graphiql.graphqlWorker,
};

describe.each([
  ['in development mode', () => open],
  ['where tokens are asked for', () => authenticated],
])('the page %s', (_where, app) => {
  test('comes whole from this origin, for anybody', async () => {
    const { status, headers, text } = await getPage(app());
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('<title>Chatledger</title>');
    const loaded = [...text.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(loaded).toEqual([
      expect.stringMatching(/^data:image\/svg\+xml,/),
      expect.stringMatching(/^graphql\/assets\//),
      expect.stringMatching(/^graphql\/assets\//),
    ]);
    const assets = await assetsOf(app());
    expect([...assets.keys()].sort()).toEqual(Object.keys(contents).sort());
    for (const [name, path] of assets) {
      const asset = await get(app(), path);
      expect(asset.status).toBe(200);
      expect(asset.headers['content-type']).toMatch(
        name.endsWith('.css') ? /^text\/css/ : /^text\/javascript/,
      );
      expect(asset.text === contents[name]).toBe(true);
    }
  });

  test('runs no script but its own', async () => {
    const { headers, text } = await getPage(app());
    const policy = String(headers['content-security-policy']);
    const [script = ''] = /(?<=<script>).*?(?=<\/script>)/s.exec(text) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}'`);
    for (const rule of [`default-src 'none'`, `connect-src 'self'`, `frame-ancestors 'none'`]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  });
});

test('the page has a place for who asks', async () => {
  expect((await getPage(open)).text).toContain(String.raw`\"x-user-id\": \"alice\"`);
  expect((await getPage(open)).text).not.toContain(String.raw`\"authorization\"`);
  expect((await getPage(authenticated)).text).toContain(String.raw`\"authorization\": \"Bearer YOUR_TOKEN\"`);
  expect((await getPage(authenticated)).text).not.toContain('x-user-id');
});

describe('it is sent', () => {
  test('compressed, as the browser takes it', async () => {
    const [path] = (await assetsOf(open)).values();
    for (const from of ['/graphql', path ?? '']) {
      const ask = (encoding: string) => get(open, from, { ...html, 'accept-encoding': encoding });
      const { bytes: plain, headers } = await ask('identity');
      expect(headers['content-encoding']).toBeUndefined();
      expect(headers.vary).toContain('Accept-Encoding');
      for (const encodings of ['gzip, deflate, br, zstd', 'BR;q=1.0', 'gzip;q=0, br']) {
        const { headers, bytes } = await ask(encodings);
        expect(headers['content-encoding']).toBe('br');
        expect(headers['content-length']).toBe(String(bytes.length));
        expect(brotliDecompressSync(bytes).equals(plain)).toBe(true);
      }
      for (const encodings of ['gzip, deflate', 'br;q=0, gzip;q=0.5']) {
        const { headers, bytes } = await ask(encodings);
        expect(headers['content-encoding']).toBe('gzip');
        expect(gunzipSync(bytes).equals(plain)).toBe(true);
      }
      for (const encodings of ['deflate, zstd', 'gzip;q=0, br;q=0.0', '']) {
        expect((await ask(encodings)).bytes.equals(plain)).toBe(true);
      }
    }
  });

  test('once: a browser keeps the scripts for good, and asks whether the page is still the same', async () => {
    const page = await getPage(open);
    expect(page.headers['cache-control']).toBe('private, no-cache');
    const etag = String(page.headers.etag);
    for (const known of [etag, `"another", ${etag}`]) {
      const again = await getPage(open, { 'if-none-match': known, 'accept-encoding': 'br' });
      expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, etag]);
    }
    expect(await getPage(open, { 'if-none-match': '"another"' })).toMatchObject({ status: 200 });
    // Another page: it asks for a token.
    expect(await getPage(authenticated, { 'if-none-match': etag })).toMatchObject({ status: 200 });
    for (const path of (await assetsOf(open)).values()) {
      expect((await get(open, path)).headers['cache-control']).toMatch(/^public, max-age=\d{8}, immutable$/);
    }
  });
});

test.each([
  '/graphql/assets/',
  '/graphql/assets/0123456789abcdef-graphiql.js',
  '/graphql/assets/../../package.json',
])('there is nothing at %s', async (path) => {
  for (const app of [open, authenticated]) expect(await get(app, path)).toMatchObject({ status: 404 });
});

test('it is not there when it is off, and answers are', async () => {
  const paths = [...(await assetsOf(open)).values()];
  const key = `worker:${createHash('sha256').update(apiKey).digest('hex')}`;
  for (const [environment, headers] of [
    [{ GRAPHIQL: 'off' }, {}],
    [{ NODE_ENV: 'production', AUTH_API_KEYS: key }, bearer(apiKey)],
  ] as const) {
    const off = await start(environment);
    const codeOf = ({ text, headers }: Awaited<ReturnType<typeof send>>) =>
      codesOf((JSON.parse(text) as { errors: ReceivedError[] }).errors, String(headers['x-request-id']));
    const page = await get(off, '/graphql', { ...headers, accept: 'text/html' });
    expect([page.status, codeOf(page)]).toEqual([406, ['NOT_ACCEPTABLE']]);
    const browser = await getPage(off, headers);
    expect([browser.status, codeOf(browser)]).toEqual([400, ['BAD_REQUEST']]);
    for (const path of paths) expect(await get(off, path)).toMatchObject({ status: 404 });
  }
});
