import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pathOf, type RequestState } from './request.js';

/** Writes a line when a request has been answered, or when its client went away. */
export function logRequest(
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  state: RequestState,
): void {
  const begun = performance.now();
  response.once('close', () => {
    const { requestId, viewer, outcome } = state;
    log.info(
      {
        requestId,
        method: request.method,
        // Without the query: a GET carries the whole document there, and values in it.
        path: pathOf(request),
        status: response.writableFinished ? response.statusCode : undefined,
        milliseconds: Math.round(performance.now() - begun),
        viewer: viewer?.kind ?? 'nobody',
        ...(outcome.codes.length === 0 ? {} : { codes: [...new Set(outcome.codes)] }),
      },
      response.writableFinished ? 'request' : 'request abandoned',
    );
  });
}
