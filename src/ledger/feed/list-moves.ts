import type { Database } from '../../data/database.js';
import type { ChatSessionRow } from '../../data/rows.js';
import {
  readDeletedSessions,
  readMovedSessions,
  type MovePosition,
} from '../../data/statements/list-moves.js';

/** Something that happened to a user's list of sessions, and when. */
export type ListMove = { readonly time: Date } & (
  | { readonly kind: 'changed'; readonly session: ChatSessionRow }
  | { readonly kind: 'deleted'; readonly sessionId: string; readonly revision: number }
);

/** How far the two kinds of moves have been read. */
export interface ListPosition {
  readonly changed: MovePosition;
  readonly deleted: MovePosition;
}

export interface ListMovePage {
  /** In order of time. */
  readonly moves: readonly ListMove[];
  readonly position: ListPosition;
  readonly more: boolean;
}

/** Moves of one kind that are read at once. */
const pageSize = 100;

const firstId = '00000000-0000-0000-0000-000000000000';

/** The position before all moves of a time and after it. */
export function positionAt(time: Date): ListPosition {
  const position = { time, id: firstId };
  return { changed: position, deleted: position };
}

/** Reads the next moves of a user's list. A session that moved more than once is there with its last change. */
export async function readListMoves(
  database: Database,
  userId: string,
  position: ListPosition,
): Promise<ListMovePage> {
  const [sessions, deletions] = await Promise.all([
    readMovedSessions(database, userId, position.changed, pageSize),
    readDeletedSessions(database, userId, position.deleted, pageSize),
  ]);
  const changed = sessions.map((session) => ({
    kind: 'changed' as const,
    time: new Date(session.updatedAt),
    id: session.id,
    session,
  }));
  const deleted = deletions.map(({ id, revision, deletedAt }) => ({
    kind: 'deleted' as const,
    time: new Date(deletedAt),
    id,
    sessionId: id,
    revision,
  }));
  // Where one kind goes on, the other must not run ahead of it: what is given is all that happened until then.
  const ends = [changed, deleted].flatMap((list) =>
    list.length < pageSize ? [] : (list.at(-1)?.time ?? []),
  );
  const end = Math.min(...ends.map((time) => time.getTime()));
  const isWithin = ({ time }: { time: Date }) => time.getTime() <= end;
  const given = { changed: changed.filter(isWithin), deleted: deleted.filter(isWithin) };
  return {
    moves: [...given.changed, ...given.deleted].sort((a, b) => a.time.getTime() - b.time.getTime()),
    position: {
      changed: given.changed.at(-1) ?? position.changed,
      deleted: given.deleted.at(-1) ?? position.deleted,
    },
    more: ends.length > 0,
  };
}
