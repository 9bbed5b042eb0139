import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AuthenticationConfig } from '../config.js';
import { isLoopback } from '../loopback.js';
import { UnauthenticatedError } from '../errors.js';
import { decodeHeader } from '../utf8.js';
import { createTokenVerifier } from './jwt.js';
import { isUserId, type Identity, type Viewer } from './viewer.js';

/**
 * Finds out who is asking.
 *
 * @returns null when the request brings no proof at all
 * @throws UnauthenticatedError when the proof does not hold
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Identity | null>;

/** @param config null for development mode */
export function createAuthenticate(config: AuthenticationConfig | null): Authenticate {
  if (config === null) return (headers) => Promise.resolve(lasting(developmentViewer(headers)));
  const { apiKeys, jwt } = config;
  const verifyToken = jwt && createTokenVerifier(jwt);

  return async ({ authorization }) => {
    if (authorization === undefined) return null;
    // What stands in a header is ASCII, and what it is not would be hashed as other bytes than were sent.
    const credential = /^bearer +([\x21-\x2b\x2d-\x7e]+)$/i.exec(authorization)?.[1];
    if (credential === undefined)
      throw new UnauthenticatedError('The authorization header must be: Bearer TOKEN.');
    // Only hashes are compared, so the time that the look-up takes tells nothing about the keys.
    const hashed = hashOf(credential);
    const name = apiKeys.get(hashed);
    if (name !== undefined) return lasting({ kind: 'service', name });
    if (!verifyToken) throw new UnauthenticatedError('This API key is not known.');
    return verifyToken(credential, hashed);
  };
}

function lasting(viewer: Viewer): Identity {
  return { viewer, expiresAt: null };
}

/**
 * SHA-256 in hexadecimal: the form in which API keys are configured, and in which what somebody brought as proof may lie
 * in memory. Keys and tokens are random, so no salt is needed.
 */
export function hashOf(credential: string): string {
  return hash('sha256', credential);
}

/**
 * Headers by which proxies tell whom a request comes from. A proxy on this machine would bring everybody in as if they
 * were here.
 */
const addedByProxies = /^(x-forwarded(-.*)?|forwarded|x-real-ip|via)$/;

/**
 * Without authentication the caller says which user it is, or else is a service. A web page that found its way to
 * this port under another name (DNS rebinding) is nobody.
 */
function developmentViewer(headers: IncomingHttpHeaders): Viewer {
  const proxied = Object.keys(headers).find((name) => addedByProxies.test(name));
  if (proxied !== undefined) {
    throw new UnauthenticatedError(
      `In development mode the server answers to this machine only, and the header ${proxied} shows that the ` +
        'request came through a proxy. Configure authentication (AUTH_...) to serve others.',
    );
  }
  const address = `http://${headers.host ?? ''}`;
  if (!URL.canParse(address) || !isLoopback(new URL(address).hostname)) {
    throw new UnauthenticatedError('In development mode the server answers to localhost only.');
  }
  const header = headers['x-user-id'];
  if (header === undefined || header === '') return { kind: 'service', name: 'development' };
  const userId = typeof header === 'string' ? decodeHeader(header) : undefined;
  if (!isUserId(userId)) {
    throw new UnauthenticatedError(
      'The header x-user-id must be a user id of 500 UTF-16 code units at most, in UTF-8.',
    );
  }
  return { kind: 'user', userId };
}
