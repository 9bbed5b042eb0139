import { setTimeout as sleep } from 'node:timers/promises';
import { NoStreamError, type Watch } from '../watch.js';
import type { Random } from './random.js';

export interface Following<Data> {
  /** Opens the stream behind what was applied last. */
  readonly open: () => Promise<Watch<Data>>;
  readonly apply: (data: Data) => void | Promise<void>;
  /** Milliseconds from one event to the reading of the next. */
  readonly delay: number;
  readonly random: Random;
}

export interface ChaosSignals {
  /** From then on nobody cuts anybody off, and all read as fast as they can. */
  readonly calm: AbortSignal;
  /** All is over. */
  readonly end: AbortSignal;
}

/** Milliseconds after which a watcher goes away, to come back at once. */
const stay = { least: 20, most: 4_000 };

/**
 * Follows a stream that breaks off again and again, by the death of a server or by the watcher's own wish, until all
 * is over.
 *
 * @returns how many streams it took
 * @throws when a stream brings what does not fit, or an error that says not to try again
 */
export async function follow<Data>(
  { open, apply, delay, random }: Following<Data>,
  { calm, end }: ChaosSignals,
): Promise<number> {
  for (let streams = 0; ;) {
    const stream = await open().catch(ignoreRefusal);
    if (end.aborted) {
      stream?.stop();
      return streams;
    }
    if (!stream) {
      await sleep(random.between(10, 80));
      continue;
    }
    streams += 1;
    const stop = () => {
      stream.stop();
    };
    const cut = setTimeout(
      () => {
        if (!calm.aborted) stop();
      },
      random.between(stay.least, stay.most),
    );
    end.addEventListener('abort', stop);
    for (let data = await nextData(stream); data; data = await nextData(stream)) {
      await apply(data);
      if (delay > 0) await sleep(delay, undefined, { signal: calm }).catch(() => undefined);
    }
    end.removeEventListener('abort', stop);
    clearTimeout(cut);
    stop();
  }
}

/** Nothing when the stream is over in one way or another, after which it can be resumed. */
async function nextData<Data>(stream: Watch<Data>): Promise<Data | undefined> {
  const event = await stream.next().catch((error: unknown) => {
    if (error instanceof SyntaxError) throw error;
    return undefined;
  });
  const lasting = event?.errors.filter(({ extensions }) => !extensions.retryable) ?? [];
  if (lasting.length > 0) throw new Error(`A stream brought errors: ${JSON.stringify(lasting)}`);
  return event?.data ?? undefined;
}

function ignoreRefusal(error: unknown): undefined {
  if (error instanceof NoStreamError && error.status < 500) throw error;
}
