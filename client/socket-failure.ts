import { NoAnswerError, RequestError } from './errors.js';

/** No socket could be opened: there may be something on the way that does not let it through. */
export class NoSocketError extends Error {}

/** What a WebSocket says when it is closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Why a socket was closed, as the caller is to see it. */
export function explainClosing(closing: Closing, wasOpen: boolean): unknown {
  const { code, reason } = closing;
  switch (code) {
    case 4401:
    case 4403:
      return refused('UNAUTHENTICATED', reason, 401, false);
    case 1013:
      return refused('RATE_LIMITED', reason, 429, true);
  }
  if (!wasOpen) return new NoSocketError(`No WebSocket could be opened (${code}).`, { cause: closing });
  const why = reason === '' ? '' : `: ${reason}`;
  return new NoAnswerError(`The stream broke off (${code}${why}).`, true, { cause: closing });
}

function refused(code: string, message: string, status: number, retryable: boolean): RequestError {
  const wait = retryable ? 5_000 : 0;
  return new RequestError([{ message, extensions: { code, retryable } }], status, wait, undefined);
}
