import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endWithError, type RawRefusal } from './raw-answer.js';

const malformed: RawRefusal = { status: 400, code: 'BAD_REQUEST', message: 'This is no HTTP request.' };

/** By the codes of Node's HTTP parser, with the statuses that Node itself would give. */
const refusals: ReadonlyMap<string, RawRefusal> = new Map([
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
    {
      status: 408,
      code: 'TIMEOUT',
      message: 'The request did not arrive in time.',
      headers: { 'retry-after': '1' },
    },
  ],
]);

/**
 * Answers what never became a request, and closes its connection: what stands behind it can't be told from it. Node
 * would answer with a status alone.
 *
 * @param response to the request that is under way on the connection, if there is one
 * @param time milliseconds for what the client still sends
 */
export function answerUnreadable(
  { code = '' }: NodeJS.ErrnoException,
  socket: Socket,
  response: ServerResponse | undefined,
  time: number,
): void {
  const isOver = response?.writableFinished && response.req.complete;
  const isAnswered = response?.headersSent && !isOver;
  if (!socket.writable || isAnswered) {
    socket.destroy();
    return;
  }
  endWithError(socket, refusals.get(code) ?? malformed, randomUUID(), time);
}
