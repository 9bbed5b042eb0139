import type { Queryable } from '../../data/queryable.js';
import { chatSessionColumns, type ChatMessageColumn, type ChatSessionRow } from '../../data/rows.js';
import { readSessions } from '../../data/statements/by-id.js';
import { readChanges, readDeletion, type Stretch } from '../../data/statements/changes.js';
import { toChanges, type ChatSessionChange } from './changes.js';

/** The next changes of a session after a revision. */
export interface ChangePage {
  readonly changes: readonly ChatSessionChange[];
  /** All changes up to this one are in it, or came before. */
  readonly revision: number;
  /** Of the database from which it was read. */
  readonly epoch: string;
  /** Whether there are more already. */
  readonly more: boolean;
  /** Whether the session is gone: nothing more comes. */
  readonly gone: boolean;
  /** False when there is no such session for the owner, and never was since deletions are remembered. */
  readonly isKnown: boolean;
}

/**
 * Reads the next changes of a session.
 *
 * @param owner whose session it must be, null for anybody's
 * @param columns of the messages, at least `id` and `sequence`
 * @returns a page whose revision is below `after` when the session has never come so far
 */
export async function readPage(
  database: Queryable,
  owner: string | null,
  sessionId: string,
  stretch: Stretch,
  columns: readonly ChatMessageColumn[],
): Promise<ChangePage> {
  const found = await readChanges(database, owner, sessionId, stretch, columns);
  if (!found) return readEnd(database, owner, sessionId, stretch.after);
  const { end, revision, changes, epoch } = found;
  let session: ChatSessionRow | null = null;
  if (changes.some(({ what }) => what === 'updated')) {
    [session = null] = await readSessions(database, owner, [sessionId], chatSessionColumns);
    // Deleted since the first reading: the next page says so.
    if (!session)
      return { changes: [], revision: stretch.after, epoch, more: true, gone: false, isKnown: true };
  }
  return {
    changes: toChanges(changes, stretch.after, sessionId, session, epoch),
    revision: end ?? revision,
    epoch,
    more: end !== null,
    gone: false,
    isKnown: true,
  };
}

async function readEnd(
  database: Queryable,
  owner: string | null,
  sessionId: string,
  after: number,
): Promise<ChangePage> {
  const { revision, epoch } = await readDeletion(database, owner, sessionId);
  const end = { epoch, more: false, gone: true };
  if (revision === null) return { ...end, changes: [], revision: after, isKnown: false };
  const change = { kind: 'deleted', revision, epoch, sessionId } as const;
  return { ...end, changes: after < revision ? [change] : [], revision, isKnown: true };
}
