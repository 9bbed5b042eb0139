import { setTimeout } from 'node:timers/promises';

const last = new Map<string, Promise<unknown>>();

/** Milliseconds that somebody waits for its turn at most: it is a courtesy, and nothing may depend on it. */
const patience = 5_000;

/** Runs what has the same key one behind the other, as far as this process goes, where all would be in each other's way. */
export async function inTurn<Result>(key: string, run: () => Promise<Result>): Promise<Result> {
  const before = last.get(key);
  const result = before
    ? Promise.race([before, setTimeout(patience, undefined, { ref: false })]).then(run)
    : run();
  const ended = result.then(ignore, ignore);
  last.set(key, ended);
  try {
    return await result;
  } finally {
    if (last.get(key) === ended) last.delete(key);
  }
}

function ignore(): void {
  // Whoever asked is told.
}
