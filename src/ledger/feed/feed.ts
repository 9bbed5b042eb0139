import { setMaxListeners } from 'node:events';
import type { Database } from '../../data/database.js';
import type { ChangeNotifier } from '../../data/change-notifier.js';
import { readRevisions } from '../../data/statements/changes.js';
import { readMovedUsers, readOwners } from '../../data/statements/list-moves.js';
import { toldToAll, type ListPosition } from './list-position.js';
import type { ChangePage } from './page.js';
import { SharedReads } from './shared-reads.js';
import { Topics } from './topics.js';

/** What the watchers of a session have together. */
export interface WatchedSession {
  readonly reads: SharedReads<ChangePage>;
  /** Where those of them have come to who wait for more. */
  readonly waiting: Set<{ readonly revision: number; readonly epoch: string }>;
}

/** What the watchers of a user's list have together. */
export interface WatchedUser {
  /** Where those of them have come to who wait for more. */
  readonly waiting: Set<{ readonly position: ListPosition }>;
}

/** Wakes watchers when there is something for them to read. What it is, they read themselves. */
export interface Feed {
  readonly sessions: Topics<WatchedSession>;
  readonly users: Topics<WatchedUser>;
  /** Aborts when the server stops: all streams are complete then. */
  readonly closing: AbortSignal;
  /** Ends all streams. */
  close(): void;
}

export interface FeedOptions {
  readonly database: Database;
  readonly notifier: Pick<ChangeNotifier, 'subscribe' | 'isListening'>;
  /** Milliseconds after which changes are looked for of which no hint came; a fifth of it while none can come. */
  readonly pollInterval: number;
  /** Told when looking fails for the first time since it last succeeded. It goes on all the same. */
  readonly onFault: (error: unknown) => void;
}

/** Ids that one statement asks for. */
const pollSize = 1_000;

/** Milliseconds in which the users are found out whose sessions moved, for all of them at once. */
const ownersPace = 100;

export function createFeed({ database, notifier, pollInterval, onFault }: FeedOptions): Feed {
  const sessions = new Topics<WatchedSession>(() => ({ reads: new SharedReads(), waiting: new Set() }));
  const users = new Topics<WatchedUser>(() => ({ waiting: new Set() }));
  const closing = new AbortController();
  // Every stream listens.
  setMaxListeners(0, closing.signal);

  const movedSessions = new Set<string>();
  let ownersTimer: NodeJS.Timeout | undefined;
  async function wakeOwners(): Promise<void> {
    ownersTimer = undefined;
    const ids = [...movedSessions];
    movedSessions.clear();
    // When it can't be found out now, the poll will.
    const owners = await readOwners(database, ids).catch(() => []);
    for (const userId of owners) users.move(userId);
  }

  const stopHearing = notifier.subscribe((sessionId) => {
    if (sessionId === null) {
      // Few of those who are watched will have moved.
      void pollPatiently();
      return;
    }
    sessions.move(sessionId);
    if (users.size === 0) return;
    movedSessions.add(sessionId);
    ownersTimer ??= setTimeout(() => void wakeOwners(), ownersPace);
    ownersTimer.unref();
  });

  async function poll(): Promise<void> {
    for (const part of inParts(sessions.entries())) {
      const revisions = await readRevisions(
        database,
        part.map(([id]) => id),
      );
      for (const [id, { waiting }] of part) {
        const current = revisions.get(id);
        const hasMoved = ({ revision, epoch }: { revision: number; epoch: string }) =>
          revision !== current?.revision || epoch !== current.epoch;
        if ([...waiting].some(hasMoved)) sessions.move(id);
      }
    }
    for (const part of inParts(users.entries())) {
      const places = part.map(([id, { waiting }]) => ({
        id,
        positions: [...waiting].map(({ position }) => position),
      }));
      const watched = places.flatMap(({ id, positions }) =>
        positions.length === 0 ? [] : [{ id, ...toldToAll(positions.map(({ told }) => told)) }],
      );
      const { epoch, users: moved } = await readMovedUsers(database, watched);
      for (const userId of moved) users.move(userId);
      // In another database than that of their positions they would wait for what never comes.
      for (const { id, positions } of places)
        if (positions.some((each) => each.epoch !== epoch)) users.move(id);
    }
  }

  let isFaulty = false;
  async function pollPatiently(): Promise<void> {
    try {
      await poll();
      isFaulty = false;
    } catch (error) {
      // Whoever closes it may have closed the database by now.
      if (!isFaulty && !closing.signal.aborted) onFault(error);
      isFaulty = true;
    }
  }

  let pollTimer: NodeJS.Timeout | undefined;
  function pollLater(): void {
    if (closing.signal.aborted) return;
    const wait = notifier.isListening ? pollInterval : pollInterval / 5;
    pollTimer = setTimeout(() => void pollPatiently().then(pollLater), wait);
    pollTimer.unref();
  }
  pollLater();

  return {
    sessions,
    users,
    closing: closing.signal,
    close() {
      stopHearing();
      clearTimeout(pollTimer);
      clearTimeout(ownersTimer);
      closing.abort();
    },
  };
}

function inParts<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / pollSize);
  return Array.from({ length: count }, (_, part) => items.slice(part * pollSize, (part + 1) * pollSize));
}
