import { WebSocket } from 'ws';
import type { ChatledgerClientOptions } from '@chatledger/client';
import { createBreakingFetch, type FaultyFetch } from './faulty-fetch.js';

/** What a client of the SDK is given, and what it has sent for streams through that so far. */
export interface StreamNetwork {
  readonly options: Pick<ChatledgerClientOptions, 'fetch' | 'streams' | 'webSocket'>;
  readonly sent: FaultyFetch['sent'];
}

type Message = Readonly<Record<string, unknown>> & {
  readonly payload?: { readonly variables?: Record<string, unknown> };
};

/** Sockets that break when a stream on them has brought so many events, the one of its end included. */
export function createBreakingSockets(eventsOf: (stream: number) => number): StreamNetwork {
  const sent: { variables: Record<string, unknown>; headers: Headers }[] = [];
  class BreakingSocket extends WebSocket {
    #headers = new Headers();
    readonly #left = new Map<unknown, number>();

    override send(data: string): void {
      const { type, id, payload } = JSON.parse(data) as Message;
      if (type === 'connection_init') this.#headers = new Headers(payload as Record<string, string>);
      if (type === 'subscribe') {
        const { variables = {} } = payload ?? {};
        this.#left.set(id, eventsOf(sent.push({ variables, headers: this.#headers }) - 1));
      }
      super.send(data);
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      if (event === 'message') {
        const { type, id } = JSON.parse(String(args[0])) as Message;
        if (type === 'next' || type === 'complete') {
          const left = (this.#left.get(id) ?? 0) - 1;
          this.#left.set(id, left);
          if (left < 0) {
            this.terminate();
            return false;
          }
        }
      }
      return super.emit(event, ...args);
    }
  }
  return { options: { webSocket: BreakingSocket, streams: 'socket' }, sent };
}

/** Each way in which the SDK carries streams: over a network that breaks them behind so many events, and over a good one. */
export const streamNetworks: {
  readonly way: string;
  readonly breaking: (eventsOf: (stream: number) => number) => StreamNetwork;
  readonly unbroken: StreamNetwork['options'];
}[] = [
  {
    way: 'event streams',
    breaking: (eventsOf) => {
      const { fetch, sent } = createBreakingFetch(eventsOf);
      return { options: { fetch }, sent };
    },
    unbroken: {},
  },
  { way: 'a socket', breaking: createBreakingSockets, unbroken: { webSocket: WebSocket } },
];
