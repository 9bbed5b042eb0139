import type { IncomingMessage, ServerResponse } from 'node:http';
import { commonHeaders } from './answers.js';
import type { RequestState } from './request.js';

/** Which pages of other origins may ask, and what they may send. */
export interface CorsConfig {
  readonly origins: readonly string[];
  /** Names of headers beyond those that every page may send. */
  readonly headers: readonly string[];
}

/** Those of our own, and those in which browsers' tracing sends its context along: of W3C, OpenTelemetry and Sentry. */
const allowedHeaders = [
  ...['authorization', 'content-type', 'x-request-id', 'x-user-id'],
  ...['traceparent', 'tracestate', 'baggage', 'sentry-trace'],
];

/**
 * Lets pages of the listed origins read every answer, refusals included, and answers their browsers' questions.
 * Pages of other origins are told nothing, so that browsers keep answers from them. Cookies prove nothing here, so
 * none are asked for.
 *
 * @returns whether the request was such a question, which is answered then
 */
export function answerCors(
  { origins, headers: moreHeaders }: CorsConfig,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  state: RequestState,
): boolean {
  if (origins.length === 0) return false;
  response.setHeader('vary', 'Origin');
  if (headers.origin === undefined || !origins.includes(headers.origin)) return false;
  response.setHeader('access-control-allow-origin', headers.origin);
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': [...allowedHeaders, ...moreHeaders].join(', '),
    'access-control-max-age': '600',
    ...commonHeaders(state),
  });
  response.end();
  return true;
}
