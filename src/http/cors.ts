import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestState } from './request.js';

/**
 * Lets pages of the listed origins read every answer, refusals included, and answers their browsers' questions.
 * Pages of other origins are told nothing, so that browsers keep answers from them. Cookies prove nothing here, so
 * none are asked for.
 *
 * @returns whether the request was such a question, which is answered then
 */
export function answerCors(
  origins: readonly string[],
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  { requestId }: RequestState,
): boolean {
  if (origins.length === 0) return false;
  response.setHeader('vary', 'Origin');
  if (headers.origin === undefined || !origins.includes(headers.origin)) return false;
  response.setHeader('access-control-allow-origin', headers.origin);
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, x-request-id, x-user-id',
    'access-control-max-age': '600',
    'x-request-id': requestId,
  });
  response.end();
  return true;
}
