import type { Database } from '../../data/database.js';
import type { ChatSessionRow } from '../../data/rows.js';
import { readListMoves as readStoredMoves } from '../../data/statements/list-moves.js';
import { OutdatedCursorError } from '../../errors.js';
import { continues, toldThrough, type ListPosition } from './list-position.js';

/** Something that happened to a user's list of sessions, and where its reader is behind it. */
export type ListMove = { readonly position: ListPosition } & (
  | { readonly kind: 'changed'; readonly session: ChatSessionRow }
  | { readonly kind: 'deleted'; readonly sessionId: string; readonly revision: number }
);

export interface ListMovePage {
  readonly moves: readonly ListMove[];
  readonly position: ListPosition;
  readonly more: boolean;
}

/** Moves that are read at once. */
const pageSize = 100;

/**
 * Reads the next moves of a user's list. A session that moved more than once is there with its last move.
 *
 * @throws OutdatedCursorError when the database does not continue the one of the position
 */
export async function readListMoves(
  database: Database,
  userId: string,
  from: ListPosition,
): Promise<ListMovePage> {
  const { epoch, told } = from;
  const reading = await readStoredMoves(database, userId, told, pageSize);
  if (!continues(reading, from)) throw new OutdatedCursorError();
  const { seen } = reading;
  const last = reading.moves.at(-1)?.transaction;
  const more = last !== undefined && reading.moves.length >= pageSize;
  const end = { epoch, told: more ? toldThrough(told, seen, last) : seen };
  let position = from;
  const moves = reading.moves.map(({ transaction, ...move }, index) => {
    const following = reading.moves[index + 1]?.transaction;
    if (following === undefined) position = end;
    // Between moves of one transaction nobody can go on.
    else if (following > transaction) position = { epoch, told: toldThrough(told, seen, transaction) };
    return { ...move, position };
  });
  return { moves, position: end, more };
}
