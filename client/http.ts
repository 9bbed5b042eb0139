import type { TransportOptions } from './options.js';

/** Requests over HTTP, as the options of a client have them. */
export interface Http {
  /** The headers of this moment. @throws what the caller's function throws */
  headers(): Promise<Headers>;
  /** The same for a request that is to be answered in one of these media types. */
  headersFor(accept: string): Promise<Headers>;
  post(body: string, headers: Headers, signal: AbortSignal): Promise<Response>;
  /** Milliseconds that a try may take. */
  readonly timeout: number;
}

export function createHttp(options: TransportOptions): Http {
  const { url, headers: given, timeout = 30_000 } = options;
  const headers = async () => new Headers(typeof given === 'function' ? await given() : given);
  return {
    timeout,
    headers,
    async headersFor(accept) {
      const sent = await headers();
      sent.set('content-type', 'application/json');
      sent.set('accept', accept);
      return sent;
    },
    post(body, sent, signal) {
      // Called as a function of nothing: browsers refuse a fetch that is called as a method of another object.
      const { fetch = globalThis.fetch } = options;
      return fetch(url, { method: 'POST', headers: sent, body, signal });
    },
  };
}

export function either(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal ? AbortSignal.any([signal, other]) : other;
}
