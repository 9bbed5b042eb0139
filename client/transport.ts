import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ChatledgerError, NoAnswerError, RequestError, type ReceivedError } from './errors.js';
import { pause, retryAfter, retryPolicy, type RetryOptions, type RetryPolicy } from './retry.js';

/** The text of an operation that knows the types of its variables and its data. */
export interface TypedText<Data, Variables> {
  toString(): string;
  /** Never there: it carries the types, as generated documents do. */
  readonly __apiType?: (variables: Variables) => Data;
}

/** What the standard calls HeadersInit: the types of Node.js do not have it by that name. */
type HeadersLike = NonNullable<ConstructorParameters<typeof Headers>[0]>;

export interface TransportOptions {
  /** Address of the API, such as `https://ledger.example.com/graphql`. In a browser it may be relative. */
  readonly url: string | URL;
  /**
   * Headers of each request, such as `{ authorization: 'Bearer ...' }`. A function is asked anew for each try, also
   * when a stream is resumed: the place to renew a token. None by default.
   */
  readonly headers?: HeadersLike | (() => HeadersLike | Promise<HeadersLike>) | undefined;
  /** What sends the requests. The global `fetch` by default. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** When and how often requests are sent again that failed in passing; `false` for never. Streams always resume. */
  readonly retry?: RetryOptions | false | undefined;
  /** Milliseconds that a try may take. 30,000 by default. */
  readonly timeout?: number | undefined;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the operation may be sent again when nobody knows what became of it. True by default: all operations of
   * Chatledger are safe to repeat but the adding of tokens.
   */
  readonly repeatable?: boolean | undefined;
}

export interface Transport {
  /** Sends an operation until it is answered. @throws RequestError, NoAnswerError, the signal's reason */
  send<Data, Variables>(
    document: TypedText<Data, Variables>,
    variables: Variables,
    options?: SendOptions,
  ): Promise<Data>;
  /**
   * One stream of events. It ends when the server completes it.
   * @throws RequestError, NoAnswerError when it breaks, the signal's reason
   */
  stream<Data, Variables>(
    document: TypedText<Data, Variables>,
    variables: Variables,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Data, void>;
  readonly policy: RetryPolicy;
}

/**
 * Milliseconds without a byte after which a stream counts as broken: the server sends a comment every 12 s. A
 * connection that was cut on the way, or whose server is gone, says nothing of it.
 */
const silence = 30_000;

export function createTransport(options: TransportOptions): Transport {
  const { url, headers, timeout = 30_000 } = options;
  const policy = retryPolicy(options.retry);

  async function headersFor(accept: string): Promise<Headers> {
    const sent = new Headers(typeof headers === 'function' ? await headers() : headers);
    sent.set('content-type', 'application/json');
    sent.set('accept', accept);
    return sent;
  }

  function post(body: string, sent: Headers, signal: AbortSignal): Promise<Response> {
    // Called as a function of nothing: browsers refuse a fetch that is called as a method of another object.
    const { fetch = globalThis.fetch } = options;
    return fetch(url, { method: 'POST', headers: sent, body, signal });
  }

  async function attempt<Data>(body: string, signal: AbortSignal | undefined): Promise<Data> {
    const sent = await headersFor('application/graphql-response+json, application/json');
    const limit = AbortSignal.timeout(timeout);
    try {
      return await dataOf<Data>(await post(body, sent, either(signal, limit)));
    } catch (error) {
      throw explained(error, signal, limit);
    }
  }

  return {
    policy,

    async send<Data, Variables>(
      document: TypedText<Data, Variables>,
      variables: Variables,
      { signal, repeatable = true }: SendOptions = {},
    ) {
      const body = JSON.stringify({ query: document.toString(), variables });
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt<Data>(body, signal);
        } catch (error) {
          if (tries > policy.retries || !isPassing(error, repeatable)) throw error;
          await pause(policy.delay(tries, error.retryAfter), signal);
        }
      }
    },

    async *stream<Data, Variables>(
      document: TypedText<Data, Variables>,
      variables: Variables,
      signal: AbortSignal | undefined,
    ) {
      const body = JSON.stringify({ query: document.toString(), variables });
      const sent = await headersFor('text/event-stream');
      const watchdog = new Watchdog(timeout);
      const leaving = new AbortController();
      const ending = AbortSignal.any([watchdog.signal, leaving.signal]);
      try {
        const response = await post(body, sent, either(signal, ending));
        if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
          await dataOf(response);
          const { status } = response;
          throw new NoAnswerError('The server answers a subscription with no stream.', false, { status });
        }
        watchdog.feed(silence);
        const events = response.body
          .pipeThrough(watchdog.watching(silence))
          .pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream())
          .getReader();
        for (;;) {
          const { done, value } = await events.read();
          if (done) throw new NoAnswerError('The stream broke off.', true);
          if (value.event === 'complete') return;
          if (value.event === 'next') yield dataIn(parsed<Data>(value.data), response);
        }
      } catch (error) {
        throw explained(error, signal, watchdog.signal);
      } finally {
        watchdog.stop();
        leaving.abort();
      }
    },
  };
}

/** Aborts when it was not fed in time. */
class Watchdog {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(milliseconds: number) {
    this.#timer = this.#set(milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  feed(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#set(milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Passes everything on, and feeds the watchdog with it. */
  watching(milliseconds: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.feed(milliseconds);
        controller.enqueue(chunk);
      },
    });
  }

  #set(milliseconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#controller.abort(new DOMException('The time limit was reached.', 'TimeoutError'));
    }, milliseconds);
  }
}

function either(signal: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return signal ? AbortSignal.any([signal, other]) : other;
}

/** @throws RequestError, NoAnswerError */
async function dataOf<Data>(response: Response): Promise<Data> {
  const text = await response.text();
  return dataIn(parsed<Data>(text), response);
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ReceivedError[];
}

/** What a server says; nothing when it is not what Chatledger says. */
function parsed<Data>(text: string): Answer<Data> {
  try {
    return (JSON.parse(text) ?? {}) as Answer<Data>;
  } catch {
    return {};
  }
}

/** @throws RequestError, NoAnswerError */
function dataIn<Data>(answer: Answer<Data>, { status, headers }: Response): Data {
  const { data, errors: [first, ...rest] = [] } = answer;
  if (first) throw new RequestError([first, ...rest], status, retryAfter(headers), data);
  if (data != null) return data;
  const message = `The server does not answer as Chatledger does (HTTP ${status}).`;
  throw new NoAnswerError(message, passing.has(status), { status, retryAfter: retryAfter(headers) });
}

/** HTTP statuses with which proxies say that the server behind them does not answer, or that this is too much. */
const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** What went wrong, as the caller is to see it. */
function explained(error: unknown, signal: AbortSignal | undefined, limit: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (limit.aborted)
    return new NoAnswerError('No answer within the time limit.', true, { cause: limit.reason });
  // By the standard, fetch and the streams of its body throw these when the network fails. Told by its name: in tests
  // (Jest, jsdom) fetch may come from a realm with a TypeError of its own.
  if (isNamed(error, 'TypeError')) {
    const why = error.cause?.message ? `: ${error.cause.message}` : '';
    return new NoAnswerError(`No answer from the server${why}.`, true, { cause: error });
  }
  return error;
}

function isNamed(error: unknown, name: string): error is { readonly cause?: { readonly message?: string } } {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === name;
}

/** Whether it may help, and can't hurt, to send the operation again. */
function isPassing(error: unknown, repeatable: boolean): error is ChatledgerError {
  if (!(error instanceof ChatledgerError) || !error.retryable) return false;
  // Refused before it began.
  return repeatable || error.code === 'RATE_LIMITED';
}
