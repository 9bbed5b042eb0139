import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors.js';
import { errorBody } from './answers.js';

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const malformed: Refusal = { status: 400, code: 'BAD_REQUEST', message: 'This is no HTTP request.' };

/** By the codes of Node's HTTP parser, with the statuses that Node itself would give. */
const refusals: ReadonlyMap<string, Refusal> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    { status: 431, code: 'PAYLOAD_TOO_LARGE', message: 'The address or the headers are too long.' },
  ],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    { status: 413, code: 'PAYLOAD_TOO_LARGE', message: 'The extensions of the chunks are too long.' },
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    { status: 408, code: 'TIMEOUT', message: 'The request did not arrive in time.' },
  ],
]);

/**
 * Answers what never became a request, and closes its connection: what stands behind it can't be told from it. Node
 * would answer with a status alone.
 *
 * @param response the last one of the connection, if there is one
 */
export function answerUnreadable(
  { code = '' }: NodeJS.ErrnoException,
  socket: Socket,
  response: ServerResponse | undefined,
): void {
  const isAnswering = response !== undefined && response.headersSent && !response.writableFinished;
  if (!socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const { status, code: errorCode, message } = refusals.get(code) ?? malformed;
  const requestId = randomUUID();
  const body = JSON.stringify(errorBody(errorCode, message, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
