import type { Queryable } from '../../data/database.js';
import { chatSessionColumns, type ChatMessageColumn, type ChatSessionRow } from '../../data/rows.js';
import { readSessions } from '../../data/statements/by-id.js';
import { readChanges, readDeletion, type Stretch } from '../../data/statements/changes.js';
import { toChanges, type ChatSessionChange } from './changes.js';

/** The next changes of a session after a revision. */
export interface ChangePage {
  readonly changes: readonly ChatSessionChange[];
  /** All changes up to this one are in it, or came before. */
  readonly revision: number;
  /** Whether there are more already. */
  readonly more: boolean;
  /** Whether the session is gone: nothing more comes. */
  readonly gone: boolean;
}

/**
 * Reads the next changes of a session.
 *
 * @param owner whose session it must be, null for anybody's
 * @param columns of the messages, at least `id` and `sequence`
 * @returns null when there is no such session for the owner, and never was since deletions are remembered. The
 *   revision is below `after` when the session has never come so far.
 */
export async function readPage(
  database: Queryable,
  owner: string | null,
  sessionId: string,
  stretch: Stretch,
  columns: readonly ChatMessageColumn[],
): Promise<ChangePage | null> {
  const found = await readChanges(database, owner, sessionId, stretch, columns);
  if (!found) return readEnd(database, owner, sessionId, stretch.after);
  const { end, revision, changes } = found;
  let session: ChatSessionRow | null = null;
  if (changes.some(({ what }) => what === 'updated')) {
    [session = null] = await readSessions(database, owner, [sessionId], chatSessionColumns);
    // Deleted since the first reading: the next page says so.
    if (!session) return { changes: [], revision: stretch.after, more: true, gone: false };
  }
  return {
    changes: toChanges(changes, stretch.after, sessionId, session),
    revision: end ?? revision,
    more: end !== null,
    gone: false,
  };
}

async function readEnd(
  database: Queryable,
  owner: string | null,
  sessionId: string,
  after: number,
): Promise<ChangePage | null> {
  const revision = await readDeletion(database, owner, sessionId);
  if (revision === null) return null;
  const change = { kind: 'deleted', revision, sessionId } as const;
  return { changes: after < revision ? [change] : [], revision, more: false, gone: true };
}
