/** Sessions that have changed and that nobody was told of yet, each of them once. Null stands for all sessions. */
export interface ChangedSessions {
  readonly isEmpty: boolean;
  add(sessionId: string | null): void;
  /** Takes `count` of them out at most; null, when it is there, comes alone. Default: all. */
  take(count?: number): (string | null)[];
}

/** @param limit more sessions than that become null, so that what is kept has a bound. Default: none */
export function createChangedSessions(limit = Infinity): ChangedSessions {
  const sessions = new Set<string | null>();
  return {
    get isEmpty() {
      return sessions.size === 0;
    },
    add(sessionId) {
      if (sessions.has(null)) return;
      sessions.add(sessionId);
      if (sessionId !== null && sessions.size <= limit) return;
      sessions.clear();
      sessions.add(null);
    },
    take(count = Infinity) {
      const taken: (string | null)[] = [];
      for (const sessionId of sessions) {
        if (taken.length >= count) break;
        taken.push(sessionId);
        sessions.delete(sessionId);
      }
      return taken;
    },
  };
}
