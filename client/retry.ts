/** When and how often a request is sent again. */
export interface RetryOptions {
  /** Tries after the first one. 5 by default; 0 for none. */
  readonly retries?: number | undefined;
  /** Milliseconds up to which the first pause lasts; each following one lasts up to twice as long. 200 by default. */
  readonly minDelay?: number | undefined;
  /** Milliseconds that no pause is longer than, unless the server asks for more with `Retry-After`. 10,000 by default. */
  readonly maxDelay?: number | undefined;
}

export interface RetryPolicy {
  readonly retries: number;
  /**
   * Milliseconds to wait after a failed try: a random part of a limit that doubles, so that clients which failed at
   * the same moment do not come back at the same moment ("full jitter").
   *
   * @param tries how many have failed in a row
   * @param atLeast what the server asks for, in milliseconds
   */
  delay(tries: number, atLeast?: number): number;
}

export function retryPolicy(options: RetryOptions | false = {}): RetryPolicy {
  const { retries = 5, minDelay = 200, maxDelay = 10_000 } = options || { retries: 0 };
  return {
    retries,
    delay: (tries, atLeast = 0) => atLeast + Math.random() * Math.min(maxDelay, minDelay * 2 ** (tries - 1)),
  };
}

/** Waits. @throws the signal's reason, as soon as it is aborted */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** The header `Retry-After` in milliseconds; 0 when there is none. A date is not understood: the server sends seconds. */
export function retryAfter(headers: Headers): number {
  const seconds = Number(headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
