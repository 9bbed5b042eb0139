import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { hashOf } from '../../src/auth/authenticate.js';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { send } from '../support/raw-http.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import {
  apiKey,
  audience,
  bearer,
  good,
  hs256,
  issuer,
  now,
  refusal,
  secret,
  WhoAmI,
} from './credentials.js';

const start = startsTestApps();

describe('a token signed with the secret', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start({
      AUTH_JWT_SECRET: secret,
      AUTH_JWT_ISSUER: issuer,
      AUTH_JWT_AUDIENCE: audience,
      AUTH_API_KEYS: `worker:${hashOf(apiKey)}`,
    });
  });

  test.each([
    ['as it should be', {}],
    ['for several audiences', { aud: ['other', audience] }],
    ['whose clock is 3 s ahead', { nbf: now() + 3 }],
    ['of a user with letters of all kinds', { sub: 'ren\u00e9 \u{1f600}' }],
    ['of a user with 500 characters', { sub: 'x'.repeat(500) }],
    ['that claims to be more', { kind: 'service', name: 'root', role: 'admin', scope: '*' }],
  ])('makes a user: %s', async (_how, changes) => {
    const payload = good(changes);
    const { viewer } = await app.withHeaders(bearer(await hs256(payload))).runOk(WhoAmI);
    expect(viewer).toEqual({ kind: 'USER', userId: payload.sub, name: null });
  });

  test('counts whatever the scheme is written like, and x-user-id counts for nothing', async () => {
    const headers = { authorization: `bEARER   ${await hs256(good())}`, 'x-user-id': 'bob' };
    const { viewer } = await app.withHeaders(headers).runOk(WhoAmI);
    expect(viewer).toEqual({ kind: 'USER', userId: 'alice', name: null });
  });

  const refused: Record<string, { token: () => Promise<string> | string; says: RegExp }> = {
    'signed with another secret': { token: () => hs256(good(), 'x'.repeat(32)), says: /does not hold/ },
    'without a signature': { token: () => new UnsecuredJWT(good()).encode(), says: /does not hold/ },
    'without a signature, in other letters': {
      token: () =>
        `${Buffer.from('{"alg":"NONE"}').toString('base64url')}.${Buffer.from(JSON.stringify(good())).toString('base64url')}.`,
      says: /does not hold/,
    },
    'whose signature is cut off': {
      token: async () => (await hs256(good())).slice(0, -10),
      says: /does not hold/,
    },
    'whose payload was changed': {
      token: async () => {
        const [head, , signature] = (await hs256(good())).split('.');
        const payload = Buffer.from(JSON.stringify(good({ sub: 'bob' }))).toString('base64url');
        return [head, payload, signature].join('.');
      },
      says: /does not hold/,
    },
    'with HS512': {
      token: () =>
        new SignJWT(good()).setProtectedHeader({ alg: 'HS512' }).sign(new TextEncoder().encode(secret)),
      says: /does not hold/,
    },
    'with a critical extension': {
      token: () =>
        new SignJWT(good())
          .setProtectedHeader({ alg: 'HS256', crit: ['x'], x: 1 })
          .sign(new TextEncoder().encode(secret), { crit: { x: false } }),
      says: /does not hold/,
    },
    expired: { token: () => hs256(good({ exp: now() - 60 })), says: /expired/ },
    'not yet valid': { token: () => hs256(good({ nbf: now() + 60 })), says: /"nbf"/ },
    'without an expiry': { token: () => hs256(good({ exp: undefined })), says: /"exp"/ },
    'with an expiry in words': { token: () => hs256({ ...good(), exp: 'never' }), says: /"exp"/ },
    'of another issuer': { token: () => hs256(good({ iss: 'https://evil.example.com' })), says: /"iss"/ },
    'without an issuer': { token: () => hs256(good({ iss: undefined })), says: /"iss"/ },
    'for another audience': { token: () => hs256(good({ aud: 'other' })), says: /"aud"/ },
    'without an audience': { token: () => hs256(good({ aud: undefined })), says: /"aud"/ },
    'without a subject': { token: () => hs256(good({ sub: undefined })), says: /"sub"/ },
    ...Object.fromEntries(
      [
        ['empty', ''],
        ['null', null],
        ['a number', 5],
        ['a list', ['alice']],
        ['an object', { length: 5 }],
        ['with NUL', 'a\0b'],
        ['with a lone surrogate', 'a\ud800'],
        ['501 characters long', 'x'.repeat(501)],
      ].map(([how, sub]) => [
        `whose subject is ${JSON.stringify(how)}`,
        { token: () => hs256({ ...good(), sub }), says: /subject|"sub"/ },
      ]),
    ),
    'that is garbage': { token: () => 'garbage', says: /does not hold/ },
    'of three dots': { token: () => '...', says: /does not hold/ },
    'of 10,000 letters': { token: () => 'x'.repeat(10_000), says: /does not hold/ },
  };
  test.each(Object.entries(refused))('is refused: %s', async (_how, { token, says }) => {
    expect(await refusal(app, bearer(await token()))).toMatch(says);
  });

  test.each([
    ['nothing', {}],
    ['an empty header', { authorization: '' }],
    ['an empty bearer', { authorization: 'Bearer ' }],
    ['a bearer without a token', { authorization: 'Bearer' }],
    ['Basic', { authorization: `Basic ${Buffer.from(`alice:${secret}`).toString('base64')}` }],
    ['the secret itself', bearer(secret)],
    ['the hash of an API key', bearer(hashOf(apiKey))],
    ['two credentials in one header', { authorization: `Bearer ${apiKey}, Bearer ${apiKey}` }],
    ['an API key with more behind it', { authorization: `Bearer ${apiKey} x` }],
    ['an API key elsewhere', { 'x-api-key': apiKey }],
    ['only a user id', { 'x-user-id': 'alice' }],
  ])('is asked for by who brings %s', async (_what, headers) => {
    expect(await refusal(app, { ...headers })).toMatch(/authorization header|does not hold/);
  });

  test('may be an API key beside it: then a service asks, by the name of the key', async () => {
    const { viewer } = await app.withHeaders(bearer(apiKey)).runOk(WhoAmI);
    expect(viewer).toEqual({ kind: 'SERVICE', userId: null, name: 'worker' });
  });

  test('of one user opens nothing of another', async () => {
    const id = randomUUID();
    const alice = app.withHeaders(bearer(await hs256(good())));
    const bob = app.withHeaders(bearer(await hs256(good({ sub: 'bob' }))));
    const service = app.withHeaders(bearer(apiKey));
    await alice.post({ query: `mutation { createChatSession(input: { id: "${id}" }) { __typename } }` });
    const read = { query: `{ chatSession(id: "${id}") { userId } }` };
    expect((await alice.post(read)).data).toEqual({ chatSession: { userId: 'alice' } });
    expect((await bob.post(read)).data).toEqual({ chatSession: null });
    expect((await service.post(read)).data).toEqual({ chatSession: { userId: 'alice' } });
  });

  describe('is what nobody has, who', () => {
    test.each([
      ['asks what is there', '{ __schema { types { name } } }'],
      ['asks for nothing', '{ __typename }'],
      ['asks in a broken way', '{'],
      ['asks for what is not there', '{ secretField }'],
    ])('%s and learns nothing', async (_what, query) => {
      const { status, data, errors } = await app.withHeaders({}).post({ query });
      expect({ status, data }).toEqual({ status: 401, data: undefined });
      expect(codesOf(errors)).toEqual(['UNAUTHENTICATED']);
    });

    test('asks by GET or sends garbage and learns nothing', async () => {
      const json = { 'content-type': 'application/json' };
      for (const answer of [
        await send(app.origin, '/graphql?query={__typename}'),
        await send(app.origin, '/graphql', { method: 'POST', headers: json, body: '{' }),
        await send(app.origin, '/graphql', { method: 'POST', headers: json, body: '[]' }),
        await send(app.origin, '/graphql', { method: 'PUT', headers: json, body: '{}' }),
      ]) {
        expect(answer.status).toBe(401);
        const { errors } = JSON.parse(answer.text) as { errors: ReceivedError[] };
        expect(codesOf(errors)).toEqual(['UNAUTHENTICATED']);
      }
    });

    test('asks with the accept header of a browser gets a page and no data', async () => {
      const answer = await send(app.origin, '/graphql?query={__typename}', {
        headers: { accept: 'text/html' },
      });
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.text.includes('"__typename":"Query"')).toBe(false);
    });

    test('asks whether the server is well is told', async () => {
      expect((await send(app.origin, '/health')).status).toBe(200);
      expect((await send(app.origin, '/ready')).status).toBe(200);
    });
  });
});

test('without GraphiQL nobody gets no page either', async () => {
  const app = await start({ AUTH_JWT_SECRET: secret, GRAPHIQL: 'off' });
  const { status } = await send(app.origin, '/graphql', { headers: { accept: 'text/html,*/*' } });
  expect(status).toBe(401);
});

describe('API keys alone', () => {
  let app: TestApp;
  const second = randomBytes(32).toString('base64url');
  beforeAll(async () => {
    app = await start({
      AUTH_API_KEYS: `worker:${hashOf(apiKey)}, nightly:${hashOf(second).toUpperCase()}`,
    });
  });

  test.each([
    ['worker', apiKey],
    ['nightly', second],
  ])('make a service: %s', async (name, key) => {
    const { viewer } = await app.withHeaders(bearer(key)).runOk(WhoAmI);
    expect(viewer).toEqual({ kind: 'SERVICE', userId: null, name });
  });

  test('leave no way for tokens, wrong keys and names', async () => {
    for (const credential of [
      await hs256(good()),
      apiKey.slice(1),
      `${apiKey}x`,
      'worker',
      apiKey.toUpperCase(),
    ]) {
      expect(await refusal(app, bearer(credential))).toBe('This API key is not known.');
    }
  });
});
