import { NoAnswerError, RequestError, type ReceivedError } from './errors.js';
import { retryAfter } from './retry.js';

/** What a server says to an operation. */
export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ReceivedError[];
}

/** How an answer came. */
interface Envelope {
  /** HTTP status. */
  readonly status: number;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number;
}

/** @throws RequestError, NoAnswerError */
export async function dataOf<Data>(response: Response): Promise<Data> {
  const text = await response.text();
  return dataIn(parsed<Data>(text), envelopeOf(response));
}

export function envelopeOf({ status, headers }: Response): Envelope {
  return { status, retryAfter: retryAfter(headers) };
}

/** What a server says; nothing when it is not what Chatledger says. */
export function parsed<Data>(text: string): Answer<Data> {
  try {
    return (JSON.parse(text) ?? {}) as Answer<Data>;
  } catch {
    return {};
  }
}

/** @throws RequestError, NoAnswerError */
export function dataIn<Data>(answer: Answer<Data>, envelope: Envelope): Data {
  const { data, errors: [first, ...rest] = [] } = answer;
  const { status } = envelope;
  if (first) throw new RequestError([first, ...rest], status, envelope.retryAfter, data);
  if (data != null) return data;
  const message = `The server does not answer as Chatledger does (HTTP ${status}).`;
  throw new NoAnswerError(message, passing.has(status), envelope);
}

/** HTTP statuses with which proxies say that the server behind them does not answer, or that this is too much. */
const passing: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** What went wrong, as the caller is to see it. */
export function explained(error: unknown, signal: AbortSignal | undefined, limit: AbortSignal): unknown {
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
