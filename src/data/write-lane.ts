// A commit may wait for a synchronous standby, for ever if that is silent, while reads are answered. Nobody can say then
// whether the write will last, so it is not cancelled: it would become visible without being safe. Its connection waits
// with it in PostgreSQL, whoever gives it up here. So writes have a bounded number of connections, and keep them.

/** Gives a place back. Idempotent. */
export type Leave = () => void;

/** The places of writes among the connections of a pool. */
export interface WriteLane {
  /** Takes a place as soon as one is free. @param done is given undefined when it has taken too long */
  enter(done: (leave: Leave | undefined) => void): void;
}

/**
 * @param places that there are
 * @param patience milliseconds to wait for one
 */
export function createWriteLane(places: number, patience: number): WriteLane {
  let free = places;
  const waiting = new Set<() => void>();

  function leaveOnce(): Leave {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      free += 1;
      const [next] = waiting;
      next?.();
    };
  }

  return {
    enter(done) {
      if (free > 0) {
        free -= 1;
        done(leaveOnce());
        return;
      }
      const next = () => {
        clearTimeout(timer);
        waiting.delete(next);
        free -= 1;
        done(leaveOnce());
      };
      const timer = setTimeout(() => {
        waiting.delete(next);
        done(undefined);
      }, patience);
      waiting.add(next);
    },
  };
}

/** Connections that are left to reads, of a pool of so many. One that has a single connection leaves none. */
export function placesOfWrites(poolSize: number): number {
  return Math.max(1, poolSize - Math.ceil(poolSize / 5));
}
