import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';

/** What is answered when `normalizeTarget` fails. */
export const malformedHost = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The header host names no host, or several.',
} as const;

/** A name as DNS or a container network has it, or an address; and a port. */
const validHost = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** Characters: a name of DNS has 253 at most, and its port stands behind it. */
const maxHostLength = 260;

const absoluteForm = /^https?:\/\/([^/?#]*)/i;

/**
 * Brings the target of a request into origin form, `/path?query`. Clients that take the server for a proxy send
 * `http://host/path`; that host then counts instead of the header (RFC 9112, section 3.2.2).
 *
 * @returns false when the host is malformed, named twice, or missing from a request of HTTP/1.1
 */
export function normalizeTarget(request: IncomingMessage): boolean {
  const { url = '/', headers, rawHeaders } = request;
  const sent = headers.host;
  const authority = url.startsWith('/') ? undefined : absoluteForm.exec(url);
  if (authority) {
    const rest = url.slice(authority[0].length);
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    headers.host = authority[1];
  }
  if (sent === undefined) return request.httpVersion !== '1.1' && isValidHost(headers.host);
  return isValidHost(sent) && isValidHost(headers.host) && !isRepeated(rawHeaders, 'host');
}

/** Those that were found valid: a server has few names, and parsing one takes a microsecond. */
const knownHosts = new LRUCache<string, true>({ max: 100 });

/** Requests of HTTP/1.0 need none. */
function isValidHost(host: string | undefined): boolean {
  if (host === undefined || knownHosts.get(host)) return true;
  const isValid = host.length <= maxHostLength && validHost.test(host) && URL.canParse(`http://${host}`);
  if (isValid) knownHosts.set(host, true);
  return isValid;
}

/** @param rawHeaders names and values in turn */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header?.length === name.length && header.toLowerCase() === name) times += 1;
  }
  return times > 1;
}
