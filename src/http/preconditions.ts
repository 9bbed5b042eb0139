import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../errors.js';

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
  if (asksForPage(request, graphiql) || acceptsAnswer(headers.accept)) return undefined;
  return { status: 406, code: 'NOT_ACCEPTABLE', message: 'The answer is application/json: accept that.' };
}

/** Whether a browser asks for the page of GraphiQL, for a person to look at, and there is one. */
export function asksForPage({ method, headers }: IncomingMessage, graphiql: boolean): boolean {
  return graphiql && method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function unsupported(message: string): Refusal {
  return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message };
}

/** No other type: a web page could send those across origins without being asked. */
function isJson(contentType = ''): boolean {
  return isOneOf(contentType, ['application/json']);
}

function isPlain(contentEncoding = 'identity'): boolean {
  return contentEncoding.toLowerCase() === 'identity';
}

/** What streams are answered in, and the ranges that hold one of them. */
const streamed = ['*/*', 'text/*', 'text/event-stream', 'multipart/*', 'multipart/mixed'];

/** What Yoga answers in, and the ranges that it finds one of them in. It would refuse others after the work is done. */
const answered = [...streamed, 'application/*', 'application/json', 'application/graphql-response+json'];

/** Whether a client takes the answer to a subscription. */
export function acceptsStream(accept = '*/*'): boolean {
  return accept.split(',').some((range) => isOneOf(range, streamed));
}

function acceptsAnswer(accept = '*/*'): boolean {
  return accept.split(',').some((range) => isOneOf(range, answered));
}

/** Whether a media type is one of these, in UTF-8 if it names a charset. */
function isOneOf(mediaType: string, types: readonly string[]): boolean {
  const [type = '', ...parameters] = mediaType.toLowerCase().replaceAll(/[\s"]/g, '').split(';');
  return (
    types.includes(type) &&
    parameters.every((parameter) => !parameter.startsWith('charset=') || parameter === 'charset=utf-8')
  );
}
