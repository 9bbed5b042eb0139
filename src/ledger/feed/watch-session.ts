import { chatMessageColumns } from '../../data/rows.js';
import { readSessions } from '../../data/statements/by-id.js';
import { readDeletion } from '../../data/statements/changes.js';
import { EpochChangedError, NotFoundError, RevisionAheadError } from '../../errors.js';
import { parseInput, revision, uuid } from '../input.js';
import type { Ledger } from '../ledger.js';
import type { ChatSessionChange } from './changes.js';
import type { Feed, WatchedSession } from './feed.js';
import { readPage, type ChangePage } from './page.js';
import { readPatiently } from './read-patiently.js';
import { endableStream, hasEnded } from './stream.js';

/** Revisions and bytes that a watcher is given at once, and so what is held in memory for one that does not read on. */
const stretch = { revisions: 200, bytes: 1_000_000 };

export interface WatchSessionArguments {
  readonly sessionId: string;
  /** The last revision that the watcher has seen; null for what comes from now on. */
  readonly afterRevision?: number | null | undefined;
  /** That of this revision. Null when the watcher does not know. */
  readonly epoch?: string | null | undefined;
}

const knownRevision = revision.nullish();

/**
 * The changes of a session: those after a revision, then `caught-up`, then each as it comes. Without a revision
 * `caught-up` comes first, and again when the session is further on than the last change says. After `deleted` the
 * stream is complete.
 *
 * All is read from the tables from where the watcher is, a page at a time. So one that reads slowly holds no more
 * than a page and misses nothing, and a fault of the database delays it.
 *
 * @param expiresAt when the viewer's proof expires, in milliseconds since 1970; null for never
 * @throws NotFoundError, EpochChangedError, RevisionAheadError, InvalidInputError; and in the stream
 *   UnauthenticatedError when the proof has expired, EpochChangedError when the database was replaced by one that need
 *   not have all that was told, RevisionAheadError when it was set back
 */
export async function watchSession(
  ledger: Ledger,
  feed: Feed,
  watch: WatchSessionArguments,
  expiresAt: number | null,
): Promise<AsyncIterableIterator<ChatSessionChange>> {
  const sessionId = parseInput(uuid, watch.sessionId, ['sessionId']);
  const after = parseInput(knownRevision, watch.afterRevision, ['afterRevision']) ?? null;
  const { revision: current, epoch } = await currentPosition(ledger, sessionId);
  if (watch.epoch != null && watch.epoch !== epoch) throw new EpochChangedError();
  if (current === null) throw new NotFoundError('There is no such session.');
  if (after !== null && after > current) throw new RevisionAheadError();
  return endableStream((signal) => follow(ledger, feed, sessionId, { after, current, epoch }, signal), {
    closing: feed.closing,
    expiresAt,
  });
}

/** The revision at which a session is, or at which it was deleted; null when it never was. And the epoch. */
async function currentPosition({ database, owner }: Ledger, sessionId: string) {
  const [session] = await readSessions(database, owner, [sessionId], ['id', 'revision', 'epoch']);
  return session ?? (await readDeletion(database, owner, sessionId));
}

async function* follow(
  ledger: Ledger,
  feed: Feed,
  sessionId: string,
  {
    after,
    current,
    epoch,
  }: { readonly after: number | null; readonly current: number; readonly epoch: string },
  signal: AbortSignal,
): AsyncGenerator<ChatSessionChange, void, undefined> {
  const watched = feed.sessions.join(sessionId);
  try {
    let position = after ?? current;
    let told = position;
    let behind = after !== null;
    if (!behind) yield { kind: 'caught-up', revision: current, epoch };
    while (!hasEnded(signal)) {
      const { moves } = watched.topic;
      const next = () => nextPage(ledger, watched.state, sessionId, { position, moves });
      const page = await readPatiently(next, signal);
      if (!page) continue;
      if (page.epoch !== epoch) throw new EpochChangedError();
      if (page.revision < position && !page.gone) throw new RevisionAheadError();
      for (const change of page.changes) {
        // What the watcher selects beneath the change is read as it is now.
        ledger.loaders.forget();
        yield change;
        told = change.revision;
        if (hasEnded(signal)) return;
      }
      if (page.gone) return;
      position = page.revision;
      if (page.more) continue;
      if (behind || told < position) yield { kind: 'caught-up', revision: position, epoch };
      told = position;
      behind = false;
      const place = { revision: position, epoch };
      watched.state.waiting.add(place);
      await watched.topic.movedSince(moves, signal);
      watched.state.waiting.delete(place);
    }
  } finally {
    watched.leave();
  }
}

/** Reads on, together with those who read the same at the same time. */
async function nextPage(
  { database, owner }: Ledger,
  watched: WatchedSession,
  sessionId: string,
  { position, moves }: { readonly position: number; readonly moves: number },
): Promise<ChangePage> {
  const read = () =>
    readPage(database, owner, sessionId, { after: position, ...stretch }, chatMessageColumns);
  // A reading that began before the last move may not have seen it.
  const page = await watched.reads.share(`${moves} ${position} ${owner ?? ''}`, read);
  return page.isKnown ? page : deletedLongAgo(page, sessionId, position + 1);
}

/** The watcher has seen the session, so it was deleted, even if nothing is left to tell when. */
function deletedLongAgo(page: ChangePage, sessionId: string, revision: number): ChangePage {
  return { ...page, changes: [{ kind: 'deleted', revision, epoch: page.epoch, sessionId }], revision };
}
