import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import type { AuthenticationConfig } from '../config.js';
import { UnauthenticatedError } from '../errors.js';
import { isUserId, type Identity } from './viewer.js';

/** The keys of the issuer could not be had. Not the caller's doing: the cause is for the operator. */
export class KeysUnavailableError extends UnauthenticatedError {
  constructor(cause: unknown) {
    super('The token could not be checked at the moment.', { cause });
  }
}

/**
 * Tokens of which the proof is kept, and for how many milliseconds at most: checking a signature costs more than most
 * requests. They are known by their hash, so that none lies in memory.
 */
const kept = { tokens: 10_000, time: 60_000 };

/** Seconds by which the clocks of the issuer and of this server may differ. */
const clockTolerance = 5;

/**
 * Checks a user's token: HS256 with the configured secret, or one of the asymmetric algorithms with a key of the
 * JWKS. The subject is the user id; a token without an expiry is refused.
 */
export function createTokenVerifier({
  key,
  issuer,
  audience,
}: NonNullable<AuthenticationConfig['jwt']>): (token: string, hash: string) => Promise<Identity> {
  const options: JWTVerifyOptions = {
    clockTolerance,
    requiredClaims: ['sub', 'exp'],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  const verify = verifierFor(key, options);
  const proved = new LRUCache<string, Identity>({ max: kept.tokens });

  return async (token, hash) => {
    const known = proved.get(hash);
    if (known) return known;
    const identity = await prove(token);
    const time = Math.min(kept.time, identity.expiresAt - Date.now());
    if (time > 0) proved.set(hash, identity, { ttl: time });
    return identity;
  };

  async function prove(token: string): Promise<Identity & { readonly expiresAt: number }> {
    let payload: JWTPayload;
    try {
      payload = await verify(token);
    } catch (error) {
      if (isUnavailable(error)) throw new KeysUnavailableError(error);
      throw new UnauthenticatedError(reasonOf(error), { cause: error });
    }
    const sub: unknown = payload.sub;
    if (!isUserId(sub)) {
      throw new UnauthenticatedError('The subject of the token is not a user id.');
    }
    // The verification asks for an expiry.
    const expiresAt = ((payload.exp ?? 0) + clockTolerance) * 1_000;
    return { viewer: { kind: 'user', userId: sub }, expiresAt };
  }
}

function verifierFor(
  key: NonNullable<AuthenticationConfig['jwt']>['key'],
  options: JWTVerifyOptions,
): (token: string) => Promise<JWTPayload> {
  switch (key.kind) {
    case 'secret': {
      const secret = new TextEncoder().encode(key.secret);
      return async (token) => (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload;
    }
    case 'jwks': {
      const keys = createRemoteJWKSet(key.url);
      const algorithms = [
        'RS256',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'PS512',
        'ES256',
        'ES384',
        'ES512',
        'EdDSA',
        'Ed25519',
      ];
      return async (token) => (await jwtVerify(token, keys, { ...options, algorithms })).payload;
    }
  }
}

/** What the caller may know: enough to mend its token, nothing of our keys. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token's claim "${error.claim}" does not hold.`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is signed with a key that is not known.';
  return 'The token does not hold.';
}

/** Whether the keys could not be had: their server is down, slow, or answers with something else. */
function isUnavailable(error: unknown): boolean {
  return (
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === errors.JOSEError.code
  );
}
