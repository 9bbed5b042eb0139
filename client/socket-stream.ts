import { dataIn, type Answer } from './answer.js';
import { NoAnswerError, RequestError, type ReceivedError } from './errors.js';
import type { Http } from './http.js';
import type { WebSocketClass } from './options.js';
import { NoSocketError } from './socket-failure.js';
import { openSocket, type Socket } from './socket.js';
import type { StreamRequest, StreamSource } from './stream-source.js';

/** Answers that may wait to be read. A socket can't ask its server to wait, so a stream of more is broken off. */
const mostWaiting = 1_000;

/**
 * Streams over one WebSocket. It is opened for the first and closed after the last.
 * @throws NoSocketError, too: no socket could be opened, and nothing has been read
 */
export function socketStreamsTo(url: string | URL, http: Http, webSocket: WebSocketClass): StreamSource {
  const address = () => socketAddress(url);
  let socket: Socket | undefined;

  return async function* stream<Data>(request: StreamRequest, signal: AbortSignal | undefined) {
    for (;;) {
      if (!socket || socket.state === 'closed') socket = openSocket(address, http, webSocket);
      const current = socket;
      const isUsed = current.state === 'open';
      let hasBegun = false;
      try {
        for await (const data of read<Data>(current, request, signal)) {
          hasBegun = true;
          yield data;
        }
        return;
      } catch (error) {
        // What was read must not be read again over another way.
        if (error instanceof NoSocketError && hasBegun)
          throw new NoAnswerError('The stream broke off.', true, { cause: error });
        if (!isUnauthenticated(error)) throw error;
        // The next socket is opened with new headers. One that was open already had those of its time.
        if (socket === current) socket = undefined;
        if (!isUsed || hasBegun) throw error;
      }
    }
  };
}

/** The answers of one subscription, for as long as they are read. */
async function* read<Data>(
  socket: Socket,
  request: StreamRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Data, void> {
  const waiting: Answer<Data>[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake: () => void = () => undefined;
  const finish = (how: { readonly error?: unknown }) => {
    end ??= how;
    wake();
  };
  const leave = socket.subscribe(request, {
    next(answer) {
      waiting.push(answer as Answer<Data>);
      if (waiting.length > mostWaiting) {
        finish({ error: new NoAnswerError('The stream was read too slowly.', true) });
        leave();
      }
      wake();
    },
    fail(error) {
      finish({ error });
    },
    complete() {
      finish({});
    },
  });
  const abort = () => {
    wake();
  };
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      if (signal?.aborted) throw signal.reason;
      const answer = waiting.shift();
      if (answer) yield dataIn(answer, envelopeOf(answer.errors));
      else if (end) {
        if ('error' in end) throw end.error;
        return;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    leave();
  }
}

/** What HTTP says with headers. */
function envelopeOf(errors: readonly ReceivedError[] | undefined) {
  return { status: 200, retryAfter: (errors?.[0]?.extensions?.retryAfter ?? 0) * 1_000 };
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof RequestError && error.code === 'UNAUTHENTICATED';
}

/** The same address by the scheme of WebSockets. A relative one is that of the page's server. */
function socketAddress(url: string | URL): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  const address = new URL(url, location?.href);
  address.protocol = address.protocol.replace('http', 'ws');
  return address.href;
}
