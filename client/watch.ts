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
 * @throws RequestError when the server refuses for good, such as NOT_FOUND; the signal's reason
 */
export async function* resuming<Data, Variables, Change, Point>(
  transport: Transport,
  document: TypedText<Data, Variables>,
  parts: {
    /** Where the first stream begins. */
    readonly from: Point;
    /** The variables of a stream that goes on behind this point. */
    readonly variablesFrom: (point: Point) => Variables;
    readonly changeIn: (data: Data) => Change;
    readonly pointOf: (change: Change) => Point;
    /** Whether a stream that ends after this change is over for good. None is by default. */
    readonly isLast?: (change: Change) => boolean;
    /**
     * Where to begin anew, when the server does not know what came behind a point; and the change that takes the place
     * of all that was told, where the stream does not say itself that it begins.
     */
    readonly anew: (point: Point) => Promise<{ readonly point: Point; readonly change?: Change }>;
  },
  { signal, onInterrupted }: WatchOptions,
): AsyncGenerator<Change, void> {
  const { variablesFrom, changeIn, pointOf, isLast = () => false } = parts;
  let point = parts.from;
  let isOutdated = false;
  for (let failures = 0; ;) {
    let last: Change | undefined;
    let failure: ChatledgerError | undefined;
    try {
      if (isOutdated) {
        ({ point, change: last } = await parts.anew(point));
        isOutdated = false;
        if (last !== undefined) {
          yield last;
          if (isLast(last)) return;
        }
      }
      for await (const data of transport.stream(document, variablesFrom(point), signal)) {
        failures = 0;
        last = changeIn(data);
        point = pointOf(last);
        yield last;
      }
      if (last !== undefined && isLast(last)) return;
    } catch (error) {
      if (error instanceof RequestError && error.code === 'CONFLICT') isOutdated = true;
      else if (!isWorthResuming(error, last !== undefined)) throw error;
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
