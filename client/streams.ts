import { eventStreamsOver } from './event-stream.js';
import type { Http } from './http.js';
import type { TransportOptions, WebSocketClass } from './options.js';
import { NoSocketError } from './socket-failure.js';
import { socketStreamsTo } from './socket-stream.js';
import type { StreamRequest, StreamSource } from './stream-source.js';

/**
 * How often event streams must have taken the place of a socket, in a row, and for how many milliseconds no socket is
 * tried after that. Once may be a server that came back between the two.
 */
const detour = { after: 2, time: 300_000 };

/** Streams, as the options of a client have them. */
export function streamsOver(options: TransportOptions, http: Http): StreamSource {
  const events = eventStreamsOver(http);
  const { webSocket = globalWebSocket() } = options;
  if (!webSocket || !wantsSocket(options)) return events;
  const sockets = socketStreamsTo(options.url, http, webSocket);
  let failures = 0;
  let nextTry = 0;

  return async function* stream<Data>(request: StreamRequest, signal: AbortSignal | undefined) {
    if (Date.now() < nextTry) {
      yield* events<Data>(request, signal);
      return;
    }
    try {
      for await (const data of sockets<Data>(request, signal)) {
        failures = 0;
        yield data;
      }
      return;
    } catch (error) {
      if (!(error instanceof NoSocketError)) throw error;
    }
    let isCounted = false;
    // When the server is away this fails, too, and says nothing of sockets.
    for await (const data of events<Data>(request, signal)) {
      if (!isCounted && (failures += 1) >= detour.after) nextTry = Date.now() + detour.time;
      isCounted = true;
      yield data;
    }
  };
}

function wantsSocket({ streams, webSocket, fetch }: TransportOptions): boolean {
  if (streams !== undefined) return streams === 'socket';
  return webSocket !== undefined || (!isNode() && fetch === undefined);
}

function globalWebSocket(): WebSocketClass | undefined {
  return (globalThis as { readonly WebSocket?: WebSocketClass }).WebSocket;
}

/** In Node.js connections are not scarce, and event streams tell the server when they are read too slowly. */
function isNode(): boolean {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } };
  return process?.versions?.node !== undefined;
}
