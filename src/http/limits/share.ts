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
  waiting: Set<() => void> | undefined;
}

/**
 * Users of which something is kept before those without requests are forgotten. Forgetting each at once would fill and
 * empty the map with each request, of which V8 keeps the discarded tables until its next big collection.
 */
const usersKept = 10_000;

/** Keeps one user from taking all connections to the database. */
export function createShares({ running, concurrent, patience }: ShareLimits): BeginTurn {
  const shares = new Map<string, Share>();
  let sizeToForget = usersKept;

  function shareOf(user: string): Share {
    const known = shares.get(user);
    if (known) return known;
    if (shares.size >= sizeToForget) {
      for (const [name, share] of shares) if (share.running === 0) shares.delete(name);
      // With more users than are kept, not again with each of them.
      sizeToForget = Math.max(usersKept, 2 * shares.size);
    }
    const share: Share = { running: 0, waiting: undefined };
    shares.set(user, share);
    return share;
  }

  return (user) => {
    const share = shareOf(user);
    const end: EndTurn = () => {
      const next = share.waiting?.values().next().value;
      if (next) next();
      else share.running -= 1;
    };
    if (share.running < running) {
      share.running += 1;
      return end;
    }
    const waiting = (share.waiting ??= new Set());
    if (share.running + waiting.size >= concurrent) return undefined;
    return new Promise((resolve) => {
      const start = (): void => {
        waiting.delete(start);
        clearTimeout(timer);
        // In the place of the one that has ended.
        resolve(end);
      };
      const timer = setTimeout(() => {
        waiting.delete(start);
        resolve(undefined);
      }, patience);
      waiting.add(start);
    });
  };
}
