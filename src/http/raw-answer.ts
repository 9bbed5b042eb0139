import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../errors.js';
import { errorBody } from './answers.js';
import { headersOf } from './error-gate.js';

/** Why a request is refused, as its answer says it. */
export interface RawRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers on a connection that Node gave no response for, and ends it. */
export function endWithError(connection: Duplex, refusal: RawRefusal, requestId: string): void {
  const { status, code, message, headers } = refusal;
  const body = JSON.stringify(errorBody(code, message, requestId));
  const fields = {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...headersOf(code),
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  connection.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head, '', body].join('\r\n'));
}
