import { dataOf, explained } from './answer.js';
import { ChatledgerError, NoAnswerError } from './errors.js';
import { createHttp, either } from './http.js';
import type { TransportOptions } from './options.js';
import { pause, retryPolicy, type RetryPolicy } from './retry.js';
import { streamsOver } from './streams.js';

/** The text of an operation that knows the types of its variables and its data. */
export interface TypedText<Data, Variables> {
  toString(): string;
  /** Never there: it carries the types, as generated documents do. */
  readonly __apiType?: (variables: Variables) => Data;
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the operation may be sent again when nobody knows what became of it. True by default: all operations of
   * Chatledger are safe to repeat but the adding of tokens.
   */
  readonly repeatable?: boolean | undefined;
  /**
   * Milliseconds for which the operation is sent again, even after the tries of `retry` are used up. 0 by default.
   */
  readonly patience?: number | undefined;
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

/** A transport that sends an operation again for so many milliseconds, even after all tries of `retry`. */
export function patientTransport(transport: Transport, patience: number): Transport {
  return {
    ...transport,
    send: (document, variables, options) => transport.send(document, variables, { ...options, patience }),
  };
}

export function createTransport(options: TransportOptions): Transport {
  const http = createHttp(options);
  const policy = retryPolicy(options.retry);
  const streams = streamsOver(options, http);

  async function attempt<Data>(body: string, signal: AbortSignal | undefined): Promise<Data> {
    const sent = await http.headersFor('application/graphql-response+json, application/json');
    const limit = AbortSignal.timeout(http.timeout);
    try {
      return await dataOf<Data>(await http.post(body, sent, either(signal, limit)));
    } catch (error) {
      throw explained(error, signal, limit);
    }
  }

  return {
    policy,

    async send<Data, Variables>(
      document: TypedText<Data, Variables>,
      variables: Variables,
      { signal, repeatable = true, patience = 0 }: SendOptions = {},
    ) {
      const body = JSON.stringify({ query: document.toString(), variables });
      const giveUpAt = Date.now() + patience;
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt<Data>(body, signal);
        } catch (error) {
          if (!isPassing(error, repeatable)) throw repeatable ? error : unrepeatable(error);
          if (tries > policy.retries && Date.now() >= giveUpAt) throw error;
          await pause(policy.delay(tries, error.retryAfter), signal);
        }
      }
    },

    stream: (document, variables, signal) => streams({ query: document.toString(), variables }, signal),
  };
}

/** A failure as it is to be seen where the operation may have taken effect, and would do so again. */
function unrepeatable(error: unknown): unknown {
  if (!(error instanceof NoAnswerError)) return error;
  const { message, status, retryAfter, cause } = error;
  return new NoAnswerError(message, false, {
    ...(status === undefined ? {} : { status }),
    retryAfter,
    cause,
  });
}

/** Whether it may help, and can't hurt, to send the operation again. */
function isPassing(error: unknown, repeatable: boolean): error is ChatledgerError {
  if (!(error instanceof ChatledgerError) || !error.retryable) return false;
  // Refused before it began.
  return repeatable || error.code === 'RATE_LIMITED';
}
