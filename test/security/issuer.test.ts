import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { hashOf } from '../../src/auth/authenticate.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import { apiKey, bearer, good, hs256, refusal, WhoAmI } from './credentials.js';
import { startJwksServer, type JwksServer } from './jwks-server.js';

const start = startsTestApps();

describe('a token signed by an issuer with a JWKS', () => {
  let jwks: JwksServer;
  let app: TestApp;
  beforeAll(async () => {
    jwks = await startJwksServer();
    app = await start({ AUTH_JWKS_URL: jwks.url, AUTH_API_KEYS: `worker:${hashOf(apiKey)}` });
  });
  afterAll(() => jwks.close());

  function signed(alg: keyof JwksServer['keys'], header: object = { kid: alg }): Promise<string> {
    return new SignJWT(good()).setProtectedHeader({ alg, ...header }).sign(jwks.keys[alg].privateKey);
  }

  test.each(['RS256', 'ES256', 'EdDSA'] as const)('makes a user: %s', async (alg) => {
    const { viewer } = await app.withHeaders(bearer(await signed(alg))).runOk(WhoAmI);
    expect(viewer).toEqual({ kind: 'USER', userId: 'alice', name: null });
    const byKey = await app.withHeaders(bearer(apiKey)).runOk(WhoAmI);
    expect(byKey.viewer.name).toBe('worker');
  });

  const refused: Record<string, () => Promise<string>> = {
    'with the public key as the secret of HS256, in PEM': async () =>
      hs256(good(), await exportSPKI(jwks.keys.RS256.publicKey)),
    'with the public key as the secret of HS256, as JWK': async () =>
      hs256(good(), JSON.stringify(await exportJWK(jwks.keys.RS256.publicKey))),
    'with HS256 and the kid of the RSA key': async () =>
      new SignJWT(good())
        .setProtectedHeader({ alg: 'HS256', kid: 'RS256' })
        .sign(new TextEncoder().encode(await exportSPKI(jwks.keys.RS256.publicKey))),
    'with another key under a known kid': async () => {
      const { privateKey } = await generateKeyPair('RS256');
      return new SignJWT(good()).setProtectedHeader({ alg: 'RS256', kid: 'RS256' }).sign(privateKey);
    },
    'with a key that it brings itself': async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      return new SignJWT(good())
        .setProtectedHeader({ alg: 'ES256', kid: 'own', jwk, jku: 'http://127.0.0.1:9/jwks' })
        .sign(privateKey);
    },
    'with an unknown kid': () => signed('RS256', { kid: 'unknown' }),
    'with a kid of another algorithm': () => signed('RS256', { kid: 'ES256' }),
    'with a kid that is a path': () => signed('RS256', { kid: '../../etc/passwd' }),
    'not at all': () => Promise.resolve(new UnsecuredJWT(good()).encode()),
  };
  test.each(Object.entries(refused))('is refused: signed %s', async (_how, token) => {
    expect(await refusal(app, bearer(await token()))).toMatch(/does not hold|not known/);
  });

  test('asks the issuer seldom, however many tokens with unknown keys come', async () => {
    jwks.asked = 0;
    const token = await signed('RS256', { kid: 'unknown' });
    await Promise.all(Array.from({ length: 20 }, () => refusal(app, bearer(token))));
    expect(jwks.asked).toBeLessThanOrEqual(1);
  });

  test('still holds when the issuer is gone, once its keys are known', async () => {
    const { answer } = jwks;
    jwks.answer = { status: 500, body: 'secret trace' };
    const { viewer } = await app.withHeaders(bearer(await signed('RS256'))).runOk(WhoAmI);
    expect(viewer.userId).toBe('alice');
    jwks.answer = answer;
  });

  test.each([
    ['answers with an error', { status: 500, body: 'secret trace' }],
    ['answers with something else', { status: 200, body: '<html>secret trace</html>' }],
    ['answers with other JSON', { status: 200, body: '{"keys":5}' }],
    ['sends elsewhere', { status: 302, body: '' }],
    ['takes the question and never answers', null],
    ['is not there', undefined],
  ])('can not be checked while the issuer %s', async (_how, answer) => {
    const token = await signed('RS256');
    const broken = await startJwksServer();
    if (answer === undefined) await broken.close();
    else broken.answer = answer;
    const fresh = await start({ AUTH_JWKS_URL: broken.url });
    try {
      expect(await refusal(fresh, bearer(token))).toBe('The token could not be checked at the moment.');
      // It is not the caller's doing, so somebody is to know.
      const warnings = fresh.log.filter(({ level }) => level === 'warn');
      expect(warnings).toHaveLength(1);
      expect(JSON.stringify(fresh.log)).not.toContain(token);
    } finally {
      if (answer !== undefined) await broken.close();
    }
  });
});
