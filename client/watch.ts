import { ChatledgerError, RequestError } from './errors.js';
import type { CallOptions } from './outcome.js';
import { pause } from './retry.js';
import type { Transport, TypedText } from './transport.js';

/** What goes with a stream that resumes by itself. */
export interface WatchOptions extends CallOptions {
  /**
   * Told each time that the stream broke, ended, or could not be begun, and is about to be tried again. The next change
   * says that it stands: a stream that is resumed tells at once that it has caught up. Nobody is told by default.
   *
   * @param error why; undefined when the server completed the stream, as it does when it stops
   */
  readonly onInterrupted?: ((error: ChatledgerError | undefined) => void) | undefined;
}

/**
 * Reads a stream of changes, and resumes it behind the last one whenever it ends or breaks, until the caller stops:
 * by leaving the loop, or with the signal. Pauses between tries as requests do, but does not give up.
 *
 * @param variablesFrom the variables of a stream that goes on behind this point; undefined for the first stream
 * @throws RequestError when the server refuses for good, such as NOT_FOUND, or CONFLICT where it can't begin anew; the
 *   signal's reason
 */
export async function* resuming<Data, Variables, Change, Point>(
  transport: Transport,
  document: TypedText<Data, Variables>,
  parts: {
    readonly variablesFrom: (point: Point | undefined) => Variables;
    readonly changeIn: (data: Data) => Change;
    readonly pointOf: (change: Change) => Point;
    /** Whether a stream that ends after this change is over for good. None is by default. */
    readonly isLast?: (change: Change) => boolean;
    /** The variables of a stream that begins anew, when the server does not know any more what came behind a point. */
    readonly anew?: Variables;
  },
  { signal, onInterrupted }: WatchOptions,
): AsyncGenerator<Change, void> {
  const { variablesFrom, changeIn, pointOf, isLast = () => false, anew } = parts;
  let variables = variablesFrom(undefined);
  for (let failures = 0; ;) {
    let last: Change | undefined;
    let failure: ChatledgerError | undefined;
    try {
      for await (const data of transport.stream(document, variables, signal)) {
        failures = 0;
        last = changeIn(data);
        variables = variablesFrom(pointOf(last));
        yield last;
      }
      if (last !== undefined && isLast(last)) return;
    } catch (error) {
      const isOutdated = anew !== undefined && error instanceof RequestError && error.code === 'CONFLICT';
      if (!isOutdated && !isWorthResuming(error, last !== undefined)) throw error;
      if (isOutdated) variables = anew;
      if (last !== undefined && isLast(last)) return;
      failure = error;
    }
    failures += 1;
    onInterrupted?.(failure);
    await pause(transport.policy.delay(failures, failure?.retryAfter), signal);
  }
}

/** A token that ran out while the stream was open may have been renewed: see the option `headers`. */
function isWorthResuming(error: unknown, hasBegun: boolean): error is ChatledgerError {
  if (!(error instanceof ChatledgerError)) return false;
  return error.retryable || (hasBegun && error instanceof RequestError && error.code === 'UNAUTHENTICATED');
}
