import { say } from './say.js';

/** Those that ask a process to stop. The last one comes when a terminal is closed. */
export const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Milliseconds before the end of the time to stop in which the process ends, so that it ends by itself. */
const reserve = 500;

/** Milliseconds for the last lines when everything else is closed: a pipe that nobody reads would hold the process. */
const lastLines = 1_000;

/**
 * Milliseconds after the first signal in which another one is the same. Ctrl-C reaches the whole process group, and
 * npm, npx and some supervisors pass on what they get, so one request to stop may arrive several times.
 */
const sameRequest = 1_000;

/** What came of waiting for a request to stop. */
export interface StopRequest {
  /** Resolves at the first signal. */
  readonly asked: Promise<NodeJS.Signals>;
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
}

/** Waits for a signal that asks to stop. Another one, a second or more later, ends the process at once. */
export function awaitStop(endAtOnce: () => void): StopRequest {
  const stop = new AbortController();
  let firstAt: number | undefined;
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of stopSignals) {
      process.on(signal, () => {
        if (firstAt === undefined) {
          firstAt = performance.now();
          say(`${signal}: finishing requests under way.`);
          stop.abort();
          resolve(signal);
        } else if (performance.now() - firstAt >= sameRequest) endAtOnce();
      });
    }
  });
  return { asked, signal: stop.signal };
}

/**
 * What `start` gives. Undefined when a stop was asked for before it was done: whatever it then failed with is no news.
 *
 * @param stopTimeout milliseconds in which the process must have ended after that
 */
export async function unlessStopped<Started>(
  { signal }: StopRequest,
  start: Promise<Started>,
  stopTimeout: number,
  endAtOnce: () => void,
): Promise<Started | undefined> {
  const endInTime = () => {
    setTimeout(endAtOnce, stopTimeout - reserve).unref();
  };
  signal.addEventListener('abort', endInTime);
  try {
    return await start;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', endInTime);
  }
}

/**
 * Waits for `close`, and ends the process when that takes too long, or when something holds it up afterwards.
 *
 * @param stopTimeout milliseconds in which the process must have ended
 */
export async function closeInTime(
  close: () => Promise<void>,
  stopTimeout: number,
  endAtOnce: () => void,
): Promise<void> {
  let closed = false;
  setTimeout(() => {
    if (closed) process.exit();
    say('Shutdown took too long; exiting.');
    endAtOnce();
  }, stopTimeout - reserve).unref();
  await close();
  closed = true;
  setTimeout(() => process.exit(), lastLines).unref();
}

/** Ends this process without regard for what is under way. */
export function exitAtOnce(): void {
  process.exit(1);
}
