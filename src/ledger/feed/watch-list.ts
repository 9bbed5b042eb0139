import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../data/database.js';
import { readClock } from '../../data/statements/list-moves.js';
import { listMoveCursor } from '../cursor.js';
import type { Ledger } from '../ledger.js';
import { actingUser } from '../owner.js';
import type { Feed } from './feed.js';
import { positionAt, readListMoves, type ListMove } from './list-moves.js';
import { readPatiently } from './read-patiently.js';
import { endableStream, hasEnded } from './stream.js';

/** A move of a user's list with the cursor from which to go on after it; or the word that all before were told. */
export type UserChatSessionChange = { readonly cursor: string } & (ListMove | { readonly kind: 'caught-up' });

/**
 * Milliseconds that are read again with each reading. A change is dated a moment before it is committed, so it may
 * appear after a later one: by as much as a statement may take, and the clock may be set back a little.
 */
const overlap = 15_000;

/** Milliseconds between two readings at least: many changes of a busy session are one move of its list. */
const pace = 250;

/**
 * The moves of a user's list of sessions: those after a cursor, then `caught-up`, then each as it comes. Without a
 * cursor `caught-up` comes first. A move is the newest state of a session, so one that changed often may be told once.
 * After a cursor, what happened shortly before it may be told again.
 *
 * @param expiresAt when the viewer's proof expires, in milliseconds since 1970; null for never
 * @throws ForbiddenError, InvalidInputError; and in the stream UnauthenticatedError when the proof has expired
 */
export async function watchList(
  ledger: Ledger,
  feed: Feed,
  watch: { readonly userId?: string | null | undefined; readonly after?: string | null | undefined },
  expiresAt: number | null,
): Promise<AsyncIterableIterator<UserChatSessionChange>> {
  const userId = actingUser(ledger, watch.userId, ['userId']);
  const after = listMoveCursor.decode(watch.after, 'after');
  const clock = await databaseClock(ledger.database);
  return endableStream((signal) => follow(ledger, feed, userId, { after, clock }, signal), {
    closing: feed.closing,
    expiresAt,
  });
}

/** The time of the database from now on, which it is asked for once. */
async function databaseClock(database: Database): Promise<() => Date> {
  const then = await readClock(database);
  const asked = performance.now();
  return () => new Date(then.getTime() + performance.now() - asked);
}

async function* follow(
  ledger: Ledger,
  feed: Feed,
  userId: string,
  { after, clock }: { readonly after: Date | null; readonly clock: () => Date },
  signal: AbortSignal,
): AsyncGenerator<UserChatSessionChange, void, undefined> {
  const watched = feed.users.join(userId);
  const told = new Told();
  let newest = after ?? clock();
  let behind = true;
  try {
    while (!hasEnded(signal)) {
      const { moves } = watched.topic;
      const begun = clock();
      let position = positionAt(beforeOverlap(newest));
      for (let more = true; more;) {
        const page = await readPatiently(() => readListMoves(ledger.database, userId, position), signal);
        if (hasEnded(signal)) return;
        if (!page) continue;
        for (const move of page.moves) {
          if (!told.isNews(move)) continue;
          // What happened before somebody began to watch is no news: it is remembered, not told.
          if (behind && after === null) continue;
          newest = later(newest, move.time);
          ledger.loaders.forget();
          yield { ...move, cursor: listMoveCursor.encode(newest) };
          if (hasEnded(signal)) return;
        }
        ({ position, more } = page);
      }
      newest = later(newest, begun);
      if (behind) yield { kind: 'caught-up', cursor: listMoveCursor.encode(newest) };
      behind = false;
      const place = { since: beforeOverlap(newest) };
      told.forgetBefore(place.since);
      watched.state.waiting.add(place);
      await setTimeout(pace, undefined, { signal, ref: false }).catch(() => undefined);
      await watched.topic.movedSince(moves, signal);
      watched.state.waiting.delete(place);
    }
  } finally {
    watched.leave();
  }
}

function beforeOverlap(time: Date): Date {
  return new Date(time.getTime() - overlap);
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/** What was told of late, so that reading it again is not telling it again. */
class Told {
  readonly #told = new Map<string, { state: string; time: Date }>();

  isNews(move: ListMove): boolean {
    const [key, state] =
      move.kind === 'changed'
        ? // Not the revision: it counts every piece of an answer, by which the list does not move.
          [move.session.id, `${move.time.getTime()} ${move.session.ownRevision} ${move.session.messageCount}`]
        : [`deleted ${move.sessionId}`, `${move.revision}`];
    if (this.#told.get(key)?.state === state) return false;
    this.#told.set(key, { state, time: move.time });
    return true;
  }

  forgetBefore(time: Date): void {
    for (const [key, told] of this.#told) if (told.time < time) this.#told.delete(key);
  }
}
