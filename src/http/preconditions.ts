import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../errors.js';
import { acceptedTypes } from './accept.js';
import { isUtf8, parseMediaType } from './media-type.js';

/** Why a request is refused before anything of it is read. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What its headers alone say against a request; undefined when nothing does. */
export function refusalOf(request: IncomingMessage, graphiql: boolean): Refusal | undefined {
  const { method, headers } = request;
  if (method === 'POST' && !isJson(headers['content-type']))
    return unsupported('Send application/json in UTF-8.');
  if (method === 'POST' && !isPlain(headers['content-encoding']))
    return unsupported('Send the body uncompressed.');
  if (method !== 'GET' && method !== 'POST') return undefined;
  if (asksForPage(request, graphiql) || acceptedTypes(headers.accept).single) return undefined;
  return { status: 406, code: 'NOT_ACCEPTABLE', message: 'The answer is application/json: accept that.' };
}

/** Whether a browser asks for the page of GraphiQL, for a person to look at, and there is one. */
export function asksForPage({ method, headers }: IncomingMessage, graphiql: boolean): boolean {
  return graphiql && method === 'GET' && acceptedTypes(headers.accept).page;
}

function unsupported(message: string): Refusal {
  return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message };
}

/** No other type: a web page could send those across origins without being asked. */
function isJson(contentType = ''): boolean {
  if (contentType === 'application/json') return true;
  const type = parseMediaType(contentType);
  return type?.name === 'application/json' && isUtf8(type);
}

function isPlain(contentEncoding = 'identity'): boolean {
  return contentEncoding.toLowerCase() === 'identity';
}
