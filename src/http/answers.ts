import type { ServerResponse } from 'node:http';
import { retryableByCode, type ErrorCode } from '../errors.js';
import { headersOf } from './error-gate.js';
import type { RequestState } from './request.js';

/** What every answer has. */
export function commonHeaders({ requestId }: Pick<RequestState, 'requestId'>) {
  // The second keeps browsers from taking an answer for something that they would run.
  return { 'x-request-id': requestId, 'x-content-type-options': 'nosniff' };
}

/** Answers with JSON outside GraphQL. */
export function answerJson(
  response: ServerResponse,
  state: RequestState,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...commonHeaders(state),
    ...headers,
  });
  response.end(text);
}

/** Answers with an error in the form in which GraphQL's errors come, before anything of GraphQL was done. */
export function answerError(
  response: ServerResponse,
  state: RequestState,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  state.outcome.codes = [code];
  const body = errorBody(code, message, state.requestId);
  answerJson(response, state, status, body, { ...headersOf(code), ...headers });
}

/** What an answer says that is nothing but an error. */
export function errorBody(code: ErrorCode, message: string, requestId: string): object {
  const extensions = { code, retryable: retryableByCode[code], requestId };
  return { errors: [{ message, extensions }] };
}

/** Too many requests are waiting already. */
export const busy = 'The server has more requests than it can answer at the moment. Try again.';

/** The server takes nothing new. */
export const stopping = 'The server is stopping.';

/** Answers that too many requests are waiting already. */
export function answerBusy(response: ServerResponse, state: RequestState): void {
  answerError(response, state, 503, 'SERVICE_UNAVAILABLE', busy);
}
