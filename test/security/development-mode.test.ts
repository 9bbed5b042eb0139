import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { send } from '../support/raw-http.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
import { refusal, WhoAmI } from './credentials.js';

describe('in development mode', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  test('the caller says who it is, and is a service otherwise', async () => {
    const user = newUser();
    expect((await app.as(user).runOk(WhoAmI)).viewer).toEqual({ kind: 'USER', userId: user, name: null });
    const service = { kind: 'SERVICE', userId: null, name: 'development' };
    expect((await app.as().runOk(WhoAmI)).viewer).toEqual(service);
    expect((await app.as('').runOk(WhoAmI)).viewer).toEqual(service);
  });

  test('a user id of more than 500 characters is none', async () => {
    expect(await refusal(app, { 'x-user-id': 'x'.repeat(501) })).toMatch(/x-user-id/);
    expect((await app.as('x'.repeat(500)).runOk(WhoAmI)).viewer.kind).toBe('USER');
  });

  const ask = (host: string) =>
    send(app.origin, '/graphql', {
      method: 'POST',
      headers: { host, 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });

  test.each([
    ['evil.example.com'],
    ['evil.example.com:4000'],
    ['127.0.0.1.nip.io'],
    ['localhost.evil.example.com'],
    ['localhost:4000@evil.example.com'],
    ['0.0.0.0'],
    ['192.168.0.1'],
    ['[::2]'],
    ['localhost evil'],
    ['a b'],
  ])('a page that came under the name %s is nobody', async (host) => {
    const answer = await ask(host);
    expect([400, 401]).toContain(answer.status);
    if (answer.status === 401) {
      const { errors } = JSON.parse(answer.text) as { errors: ReceivedError[] };
      expect(codesOf(errors)).toEqual(['UNAUTHENTICATED']);
    }
    const page = await send(app.origin, '/graphql', { headers: { host, accept: 'text/html' } });
    expect(page.status).toBe(answer.status);
  });

  test.each([
    ['X-Forwarded-For', '203.0.113.7'],
    ['x-forwarded-host', 'chat.example.com'],
    ['X-FORWARDED-PROTO', 'https'],
    ['x-forwarded-anything', ''],
    ['x-forwarded', 'for=203.0.113.7'],
    ['Forwarded', 'for=203.0.113.7;proto=https'],
    ['x-real-ip', '203.0.113.7'],
    ['via', '1.1 proxy'],
  ])('what came through a proxy, as %s shows, is refused', async (name, value) => {
    expect(await refusal(app, { 'x-user-id': newUser(), [name]: value })).toContain(
      `the header ${name.toLowerCase()} shows that the request came through a proxy`,
    );
    const page = await send(app.origin, '/graphql', { headers: { [name]: value, accept: 'text/html' } });
    expect(page.status).toBe(401);
    const health = await send(app.origin, '/health', { headers: { [name]: value } });
    expect(health.status).toBe(200);
  });

  test.each([
    ['localhost'],
    ['localhost:4000'],
    ['127.0.0.1'],
    ['127.9.9.9:1'],
    ['[::1]:4000'],
    ['LOCALHOST'],
  ])('a page under %s is answered', async (host) => {
    expect((await ask(host)).status).toBe(200);
  });
});
