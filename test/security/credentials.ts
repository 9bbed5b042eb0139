import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { hashOf } from '../../src/auth/authenticate.js';
import { codesOf } from '../support/coded-errors.js';
import { graphql } from '../support/generated/gql.js';
import type { TestApp } from '../support/test-app.js';

export const WhoAmI = graphql(`
  query SecAuthenticationViewer {
    viewer {
      kind
      userId
      name
    }
  }
`);

export const secret = randomBytes(32).toString('hex');
export const apiKey = randomBytes(32).toString('base64url');
export const issuer = 'https://issuer.example.com';
export const audience = 'chatledger';
export const now = () => Math.floor(Date.now() / 1_000);
export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** Claims that hold, with changes. */
export function good(changes: object = {}): JWTPayload {
  return { sub: 'alice', iss: issuer, aud: audience, iat: now(), exp: now() + 600, ...changes };
}

export function hs256(payload: object, key: string | Uint8Array = secret): Promise<string> {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload)
    .setProtectedHeader({ alg: 'HS256' })
    .sign(bytes);
}

/** Holds everything that is true of a refusal, and gives its message. */
export async function refusal(app: TestApp, headers: Record<string, string>): Promise<string> {
  const answer = await app.withHeaders(headers).run(WhoAmI);
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  expect(answer.data).toBeUndefined();
  expect(codesOf(answer.errors, answer.headers.get('x-request-id'))).toEqual(['UNAUTHENTICATED']);
  const message = answer.errors[0]?.message ?? '';
  for (const word of [secret, apiKey, hashOf(apiKey)]) expect(message).not.toContain(word);
  const credential = headers['authorization']?.split(' ')[1];
  if (credential !== undefined && credential.length > 3) expect(message).not.toContain(credential);
  return message;
}
