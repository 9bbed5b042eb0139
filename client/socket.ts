import type { Answer } from './answer.js';
import type { ReceivedError } from './errors.js';
import type { Http } from './http.js';
import type { WebSocketClass } from './options.js';
import { explainClosing, NoSocketError, type Closing } from './socket-failure.js';
import { silence, type StreamRequest } from './stream-source.js';

/** Milliseconds in which a socket must be open, and the server must have taken who asks. */
const opening = 10_000;

/** Milliseconds without a message after which the server is asked whether it is still there. */
const pace = 12_000;

/** Milliseconds for which a socket without streams is kept, since one that ends is often followed by another. */
const lingering = 1_000;

/** What a stream brings. One of the last two is called, once and as the last. */
export interface StreamReader {
  next(answer: Answer<unknown>): void;
  complete(): void;
  /** The stream broke: RequestError, NoAnswerError, what the function of headers threw, or NoSocketError. */
  fail(error: unknown): void;
}

/** A WebSocket for streams. It is closed some time after its last stream, and never opened again. */
export interface Socket {
  /** `open` when the server has taken who asks. */
  readonly state: 'opening' | 'open' | 'closed';
  /** @returns what ends the stream for a reader that has enough: nothing of it is called after that */
  subscribe(request: StreamRequest, reader: StreamReader): () => void;
}

/** The part of a WebSocket that is used here. */
interface Line {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: Closing) => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What a server sends, as the protocol graphql-transport-ws has it. */
type Received =
  | { readonly type: 'connection_ack' | 'ping' | 'pong' }
  | { readonly type: 'next'; readonly id: string; readonly payload?: Answer<unknown> | null }
  | { readonly type: 'error'; readonly id: string; readonly payload: readonly ReceivedError[] }
  | { readonly type: 'complete'; readonly id: string };

/** Opens a socket that speaks the protocol graphql-transport-ws. */
export function openSocket(url: () => string, http: Http, webSocket: WebSocketClass): Socket {
  const streams = new Map<string, { readonly request: StreamRequest; readonly reader: StreamReader }>();
  let state: Socket['state'] = 'opening';
  let count = 0;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const within = (milliseconds: number, then: () => void) => {
    clearTimeout(patience);
    patience = setTimeout(then, milliseconds);
  };
  const send = (message: object) => {
    line?.send(JSON.stringify(message));
  };
  const subscribe = (id: string, payload: StreamRequest) => {
    send({ id, type: 'subscribe', payload });
  };

  function close(
    code: number,
    reason: string,
    error: unknown = explainClosing({ code, reason }, state === 'open'),
  ) {
    end(error);
    line?.close(code, reason);
  }

  function end(error: unknown) {
    if (state === 'closed') return;
    state = 'closed';
    clearTimeout(patience);
    clearTimeout(idle);
    const readers = [...streams.values()];
    streams.clear();
    for (const { reader } of readers) reader.fail(error);
  }

  function remove(id: string): StreamReader | undefined {
    const stream = streams.get(id);
    streams.delete(id);
    if (streams.size === 0 && state !== 'closed') {
      clearTimeout(idle);
      idle = setTimeout(() => {
        close(1000, 'Normal Closure');
      }, lingering);
    }
    return stream?.reader;
  }

  /** The server is there. It is asked when it says nothing for a while, and given up when it does not answer. */
  function heard() {
    within(pace, () => {
      send({ type: 'ping' });
      within(silence - pace, () => {
        close(4499, 'Terminated');
      });
    });
  }

  function receive(message: Received) {
    switch (message.type) {
      case 'connection_ack':
        state = 'open';
        for (const [id, { request }] of streams) subscribe(id, request);
        break;
      case 'ping':
        send({ type: 'pong' });
        break;
      case 'pong':
        break;
      case 'next':
        streams.get(message.id)?.reader.next(message.payload ?? {});
        break;
      case 'error':
        // As an answer over HTTP has them.
        streams.get(message.id)?.reader.next({ errors: message.payload });
        remove(message.id)?.complete();
        break;
      case 'complete':
        remove(message.id)?.complete();
    }
    if (state === 'open') heard();
  }

  function open(): Line | undefined {
    try {
      const line = new webSocket(url(), 'graphql-transport-ws') as Line;
      within(Math.min(opening, http.timeout), () => {
        close(4499, 'Terminated');
      });
      line.onopen = () => {
        http.headers().then(
          (headers) => {
            if (state === 'opening') send({ type: 'connection_init', payload: Object.fromEntries(headers) });
          },
          (error: unknown) => {
            close(1000, 'Normal Closure', error);
          },
        );
      };
      line.onmessage = ({ data }) => {
        if (state === 'closed') return;
        const message = parsed(data);
        if (message) receive(message);
        else close(4004, 'Bad response');
      };
      line.onclose = (closing) => {
        end(explainClosing(closing, state === 'open'));
      };
      // A socket closes after an error, and says more of it then.
      line.onerror = () => undefined;
      return line;
    } catch (error) {
      // Browsers throw where they forbid it, as on a page that came over https.
      queueMicrotask(() => {
        end(new NoSocketError('No WebSocket could be opened.', { cause: error }));
      });
      return undefined;
    }
  }
  const line = open();

  return {
    get state() {
      return state;
    },
    subscribe(request, reader) {
      clearTimeout(idle);
      const id = String((count += 1));
      streams.set(id, { request, reader });
      if (state === 'open') subscribe(id, request);
      return () => {
        if (!streams.has(id)) return;
        remove(id);
        if (state === 'open') send({ id, type: 'complete' });
      };
    },
  };
}

function parsed(data: unknown): Received | undefined {
  try {
    return JSON.parse(String(data)) as Received;
  } catch {
    return undefined;
  }
}
