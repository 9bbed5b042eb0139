import { setTimeout } from 'node:timers/promises';
import { readListMoment } from '../../data/statements/list-moves.js';
import { OutdatedCursorError } from '../../errors.js';
import { listMoveCursor } from '../cursor.js';
import type { Ledger } from '../ledger.js';
import { actingUser } from '../owner.js';
import { deletionsKept } from '../sweeper.js';
import type { Feed } from './feed.js';
import { readListMoves, type ListMove } from './list-moves.js';
import { continues, type ListPosition } from './list-position.js';
import { readPatiently } from './read-patiently.js';
import { endableStream, hasEnded } from './stream.js';

/**
 * A move of a user's list with the cursor from which to go on after it; or the word that all before were told, unless
 * it is the start, and nobody was told of anything before.
 */
export type UserChatSessionChange = { readonly cursor: string } & (
  ListMove | { readonly kind: 'caught-up'; readonly isStart: boolean }
);

/** Milliseconds between two readings at least: many changes of a busy session are one move of its list. */
const pace = 250;

const day = 86_400_000;
/** Milliseconds for which a cursor is good: deletions are remembered a little longer. */
const cursorsKept = deletionsKept - day;

/**
 * The moves of a user's list of sessions: those after a cursor, then `caught-up`, then each as it comes. Without a
 * cursor `caught-up` comes first. A move is the newest state of a session, so one that changed often may be told once.
 *
 * @param expiresAt when the viewer's proof expires, in milliseconds since 1970; null for never
 * @throws ForbiddenError, InvalidInputError, OutdatedCursorError; and in the stream UnauthenticatedError when the proof
 *   has expired, OutdatedCursorError when the database was replaced by one that need not have all that was told
 */
export async function watchList(
  ledger: Ledger,
  feed: Feed,
  watch: { readonly userId?: string | null | undefined; readonly after?: string | null | undefined },
  expiresAt: number | null,
): Promise<AsyncIterableIterator<UserChatSessionChange>> {
  const userId = actingUser(ledger, watch.userId, ['userId']);
  const after = listMoveCursor.decode(watch.after, 'after');
  if (after === 'outdated') throw new OutdatedCursorError();
  const moment = await readListMoment(ledger.database);
  if (after && (!continues(moment, after) || Date.now() - after.time > cursorsKept))
    throw new OutdatedCursorError();
  const begin = { from: after ?? { epoch: moment.epoch, told: moment.seen }, isStart: !after };
  return endableStream((signal) => follow(ledger, feed, userId, begin, signal), {
    closing: feed.closing,
    expiresAt,
  });
}

async function* follow(
  ledger: Ledger,
  feed: Feed,
  userId: string,
  { from, isStart }: { readonly from: ListPosition; readonly isStart: boolean },
  signal: AbortSignal,
): AsyncGenerator<UserChatSessionChange, void, undefined> {
  const watched = feed.users.join(userId);
  let position = from;
  let behind = !isStart;
  try {
    if (isStart) yield { kind: 'caught-up', isStart, cursor: cursorOf(position) };
    while (!hasEnded(signal)) {
      const { moves } = watched.topic;
      for (let more = true; more;) {
        const page = await readPatiently(() => readListMoves(ledger.database, userId, position), signal);
        if (hasEnded(signal)) return;
        if (!page) continue;
        for (const move of page.moves) {
          ledger.loaders.forget();
          yield { ...move, cursor: cursorOf(move.position) };
          if (hasEnded(signal)) return;
        }
        ({ position, more } = page);
      }
      if (behind) yield { kind: 'caught-up', isStart, cursor: cursorOf(position) };
      behind = false;
      const place = { position };
      watched.state.waiting.add(place);
      await setTimeout(pace, undefined, { signal, ref: false }).catch(() => undefined);
      await watched.topic.movedSince(moves, signal);
      watched.state.waiting.delete(place);
    }
  } finally {
    watched.leave();
  }
}

function cursorOf(position: ListPosition): string {
  return listMoveCursor.encode({ ...position, time: Date.now() });
}
