import { createClient, type Client } from 'graphql-ws/client';
import { NoAnswerError, RequestError } from './errors.js';
import type { Http } from './http.js';
import type { WebSocketClass } from './options.js';
import { silence } from './stream-source.js';

/** Milliseconds in which a socket must be open, and the server must have taken who asks. */
const opening = 10_000;

/** Milliseconds from the last answer of a server to the next ping. */
const pace = 12_000;

/** Milliseconds for which a socket without streams is kept, since one that ends is often followed by another. */
const lingering = 1_000;

/** No socket could be opened: there may be something on the way that does not let it through. */
export class NoSocketError extends Error {}

/** A socket, which is opened for its first stream and closed some time after its last. */
export interface Socket {
  readonly client: Client;
  /** Whether the server has taken who asks, and it has not been closed since. */
  readonly isOpen: () => boolean;
  /** What broke a stream, as the caller is to see it; NoSocketError when it never was open. */
  readonly explain: (failure: unknown) => unknown;
}

export function createSocket(url: () => string, http: Http, webSocketImpl: WebSocketClass): Socket {
  let isOpen = false;
  // Whether the last one was open, now that it is closed.
  let wasOpen = false;
  let patience: ReturnType<typeof setTimeout> | undefined;
  const within = (milliseconds: number) => {
    clearTimeout(patience);
    patience = setTimeout(() => {
      client.terminate();
    }, milliseconds);
  };
  const client = createClient({
    url,
    webSocketImpl,
    async connectionParams() {
      try {
        return Object.fromEntries(await http.headers());
      } catch (error) {
        throw new HeadersError(error);
      }
    },
    // The reader of a stream resumes it after the last change that it read.
    retryAttempts: 0,
    lazyCloseTimeout: lingering,
    keepAlive: pace,
    on: {
      connecting() {
        wasOpen = false;
        within(Math.min(opening, http.timeout));
      },
      connected() {
        isOpen = wasOpen = true;
        clearTimeout(patience);
      },
      ping(received) {
        if (!received) within(silence - pace);
      },
      message() {
        if (isOpen) clearTimeout(patience);
      },
      closed() {
        isOpen = false;
        clearTimeout(patience);
      },
    },
  });
  return {
    client,
    isOpen: () => isOpen,
    explain: (failure) => explained(failure, wasOpen),
  };
}

/** What the caller's function of headers has thrown. */
class HeadersError extends Error {
  constructor(readonly reason: unknown) {
    super('There are no headers.');
  }
}

function explained(failure: unknown, wasOpen: boolean): unknown {
  if (failure instanceof HeadersError) return failure.reason;
  if (Array.isArray(failure)) return failure;
  const { code = 1006, reason = '' } = failure as { readonly code?: number; readonly reason?: string };
  switch (code) {
    case 4401:
    case 4403:
      return refused('UNAUTHENTICATED', reason, 401, false);
    case 1013:
      return refused('RATE_LIMITED', reason, 429, true);
  }
  if (!wasOpen) return new NoSocketError(`No WebSocket could be opened (${code}).`, { cause: failure });
  const why = reason === '' ? '' : `: ${reason}`;
  return new NoAnswerError(`The stream broke off (${code}${why}).`, true, { cause: failure });
}

function refused(code: string, message: string, status: number, retryable: boolean): RequestError {
  const wait = retryable ? 5_000 : 0;
  return new RequestError([{ message, extensions: { code, retryable } }], status, wait, undefined);
}
