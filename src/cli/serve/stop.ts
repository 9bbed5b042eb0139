import { say } from './say.js';

/** Those that ask a process to stop. */
export const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** Milliseconds after which the process ends whatever still holds it up. */
const patience = 9_500;

/** Resolves at the first signal that asks to stop. The second one ends the process at once. */
export function stopSignal(endAtOnce: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of stopSignals) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, endAtOnce);
      });
    }
  });
}

/** Waits for `close`, and ends the process when that takes too long, or when something holds it up afterwards. */
export async function closeInTime(close: () => Promise<void>, endAtOnce: () => void): Promise<void> {
  let closed = false;
  setTimeout(() => {
    if (closed) process.exit();
    say('Something does not let go. Ending all the same.');
    endAtOnce();
  }, patience).unref();
  await close();
  closed = true;
}

/** Ends this process without regard for what is under way. */
export function exitAtOnce(): void {
  process.exit(1);
}
