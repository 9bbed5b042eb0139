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
  // An array, since a set is filled and emptied here all the time under load: see docs/decisions/0031-memory.md.
  const waiting: Waiter[] = [];

  function leaveOnce(): Leave {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = nextWaiter();
      if (!next) free += 1;
      else {
        clearTimeout(next.timer);
        next.done(leaveOnce());
      }
    };
  }

  function nextWaiter(): Waiter | undefined {
    let next = waiting.shift();
    while (next?.isOver) next = waiting.shift();
    return next;
  }

  return {
    enter(done) {
      if (free > 0) {
        free -= 1;
        done(leaveOnce());
        return;
      }
      const timer = setTimeout(() => {
        waiter.isOver = true;
        // Those before it came earlier, and are over too.
        while (waiting[0]?.isOver) waiting.shift();
        done(undefined);
      }, patience);
      const waiter: Waiter = { done, timer, isOver: false };
      waiting.push(waiter);
    },
  };
}

interface Waiter {
  readonly done: (leave: Leave | undefined) => void;
  readonly timer: NodeJS.Timeout;
  isOver: boolean;
}

/** Connections that are left to reads, of a pool of so many. One that has a single connection leaves none. */
export function placesOfWrites(poolSize: number): number {
  return Math.max(1, poolSize - Math.ceil(poolSize / 5));
}
