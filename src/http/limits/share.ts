/** Ends the turn of a request. To be called once. */
export type EndTurn = () => void;

/**
 * Lets a request of a user run: at once, or when others of the same user have ended. @returns undefined when the user
 * has too many requests already; a promise of undefined when none of them ended in time
 */
export type BeginTurn = (user: string) => EndTurn | Promise<EndTurn | undefined> | undefined;

export interface ShareLimits {
  /** Requests of a user that run at the same time. Others wait, in the order in which they came. */
  readonly running: number;
  /** Requests of a user that run or wait. */
  readonly concurrent: number;
  /** Milliseconds that a request waits for its turn at most. */
  readonly patience: number;
}

interface Share {
  running: number;
  /** Starts those that wait, and keeps those whose time was over meanwhile out of the count. */
  readonly waiting: Set<() => void>;
}

/** Keeps one user from taking all connections to the database. */
export function createShares({ running, concurrent, patience }: ShareLimits): BeginTurn {
  const shares = new Map<string, Share>();

  return (user) => {
    let share = shares.get(user);
    if (!share) shares.set(user, (share = { running: 0, waiting: new Set() }));
    const own = share;
    const end: EndTurn = () => {
      const [next] = own.waiting;
      if (next) next();
      else if ((own.running -= 1) === 0) shares.delete(user);
    };
    if (own.running < running) {
      own.running += 1;
      return end;
    }
    if (own.running + own.waiting.size >= concurrent) return undefined;
    return new Promise((resolve) => {
      const start = (): void => {
        own.waiting.delete(start);
        clearTimeout(timer);
        // In the place of the one that has ended.
        resolve(end);
      };
      const timer = setTimeout(() => {
        own.waiting.delete(start);
        resolve(undefined);
      }, patience);
      own.waiting.add(start);
    });
  };
}
