import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/viewer.js';
import type { RawRefusal } from './raw-answer.js';
import { pathOf, type RequestState } from './request.js';
import type { SocketOperation } from './websocket/operation.js';

/** Paths come from clients: a longer one would only fill the log. */
const maxPathLength = 200;

/** Writes a line when a request has been answered, or when its client went away. */
export function logRequest(
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  state: RequestState,
): void {
  const begun = performance.now();
  response.once('close', () => {
    log.info(
      {
        requestId: state.requestId,
        method: request.method,
        path: loggedPath(request),
        status: response.writableFinished ? response.statusCode : undefined,
        ...outcomeOf(state, begun),
      },
      response.writableFinished ? 'request' : 'request abandoned',
    );
  });
}

/** Writes a line when an operation of a socket is over. @param socket the id of the socket's own line */
export function logOperation(
  log: Logger,
  { state, begun, isAbandoned }: SocketOperation,
  socket: string,
): void {
  log.info(
    { requestId: state.requestId, socket, ...outcomeOf(state, begun) },
    isAbandoned ? 'request abandoned' : 'request',
  );
}

/** Writes a line when a WebSocket is not opened. */
export function logUpgradeRefusal(
  log: Logger,
  request: IncomingMessage,
  requestId: string,
  { status, code }: RawRefusal,
): void {
  const { method } = request;
  log.info(
    { requestId, method, path: loggedPath(request), status, viewer: 'nobody', codes: [code] },
    'request',
  );
}

/** Writes a line when a WebSocket is closed. */
export function logSocket(
  log: Logger,
  request: IncomingMessage,
  socket: {
    readonly requestId: string;
    /** When it was opened. */
    readonly begun: number;
    /** With which it was closed. */
    readonly code: number;
    readonly viewer: Viewer | null;
    readonly operations: number;
  },
): void {
  const { requestId, begun, code, viewer, operations } = socket;
  log.info(
    { requestId, path: loggedPath(request), code, operations, ...timeAndViewer(viewer, begun) },
    'socket closed',
  );
}

/** Without the query: a GET carries the whole document there, and values in it. */
function loggedPath(request: IncomingMessage): string {
  return pathOf(request).slice(0, maxPathLength);
}

function outcomeOf({ viewer, outcome }: RequestState, begun: number): object {
  const codes = [...new Set(outcome.codes)];
  return { ...timeAndViewer(viewer, begun), ...(codes.length === 0 ? {} : { codes }) };
}

function timeAndViewer(viewer: Viewer | null, begun: number): object {
  return { milliseconds: Math.round(performance.now() - begun), viewer: viewer?.kind ?? 'nobody' };
}
