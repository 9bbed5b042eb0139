import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors.js';
import { commonHeaders, errorBody } from './answers.js';
import { headersOf } from './error-gate.js';
import { closeLingering } from './lingering-close.js';

/** Why a request is refused, as its answer says it. */
export interface RawRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers on a connection that Node gave no response for, and ends it.
 *
 * @param time milliseconds for what the client still sends
 */
export function endWithError(connection: Socket, refusal: RawRefusal, requestId: string, time: number): void {
  const { status, code, message, headers } = refusal;
  const body = JSON.stringify(errorBody(code, message, requestId));
  const fields = {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'private, no-store',
    ...commonHeaders({ requestId }),
    ...headersOf(code),
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  connection.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head, '', body].join('\r\n'));
  closeLingering(connection, time);
}
