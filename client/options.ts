import type { RetryOptions } from './retry.js';

/** What the standard calls HeadersInit: the types of Node.js do not have it by that name. */
export type HeadersLike = NonNullable<ConstructorParameters<typeof Headers>[0]>;

/** The class WebSocket, of a browser, Node.js 22 or the package `ws`. */
export type WebSocketClass = new (url: string, protocols?: string | string[]) => object;

export interface TransportOptions {
  /** Address of the API, such as `https://ledger.example.com/graphql`. In a browser it may be relative. */
  readonly url: string | URL;
  /**
   * Headers of each request, such as `{ authorization: 'Bearer ...' }`. A function is asked anew for each try, and for
   * each WebSocket that is opened: the place to renew a token. None by default.
   */
  readonly headers?: HeadersLike | (() => HeadersLike | Promise<HeadersLike>) | undefined;
  /** What sends the requests. The global `fetch` by default. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * What carries streams: `socket` is one WebSocket for all of them, and event streams where it can't be opened;
   * `events` is an event stream, and so a connection, for each. By default `socket` in browsers, unless `fetch` is
   * given, and where `webSocket` is given; `events` in Node.js.
   */
  readonly streams?: 'socket' | 'events' | undefined;
  /** What opens WebSockets. The global `WebSocket` by default; without one, streams are event streams. */
  readonly webSocket?: WebSocketClass | undefined;
  /** When and how often requests are sent again that failed in passing; `false` for never. Streams always resume. */
  readonly retry?: RetryOptions | false | undefined;
  /** Milliseconds that a try may take. 30,000 by default. */
  readonly timeout?: number | undefined;
}
