import { UnauthenticatedError } from '../../errors.js';
import { Alarm } from './alarm.js';

/** What ends a stream besides its own end and its reader. */
export interface StreamEnds {
  /** The server stops: the stream is complete. */
  readonly closing: AbortSignal;
  /** When the reader's proof of who it is expires, in milliseconds since 1970; null for never. An error ends it then. */
  readonly expiresAt: number | null;
}

/**
 * A stream out of a generator that waits for things to happen. Whoever stops reading ends its waiting at once, which
 * a generator by itself would not see before its next value.
 *
 * @param generate returns when the signal aborts; see `hasEnded`
 */
export function endableStream<Value>(
  generate: (signal: AbortSignal) => AsyncGenerator<Value, void, undefined>,
  { closing, expiresAt }: StreamEnds,
): AsyncIterableIterator<Value, void, undefined> {
  const ending = new AbortController();
  const complete = () => {
    end();
  };
  const expiry =
    expiresAt === null
      ? undefined
      : new Alarm(expiresAt, () => {
          end(new UnauthenticatedError('The token has expired.'));
        });
  function end(reason?: UnauthenticatedError): void {
    closing.removeEventListener('abort', complete);
    expiry?.stop();
    ending.abort(reason);
  }
  closing.addEventListener('abort', complete, { once: true });
  if (closing.aborted) end();

  const values = generate(ending.signal);
  return {
    async next() {
      try {
        const result = await values.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    return() {
      end();
      return values.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Whether a stream has ended. @throws what it was ended with, when that is for its reader to know */
export function hasEnded(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  if (reason instanceof UnauthenticatedError) throw reason;
  return signal.aborted;
}
