import type { Database } from '../database.js';
import type { ChatSessionColumn, ChatSessionRow } from '../rows.js';
import { columnList, statement, statements } from '../statement.js';
import { toPage, type Page, type Window } from './windows.js';

/** Where a session stands in the list of its owner: most recent first, ties by id. */
export interface SessionPosition {
  readonly updatedAt: Date;
  readonly id: string;
}

export type SessionWindow = Window<SessionPosition>;

interface Variant {
  readonly window: SessionWindow;
  readonly columns: readonly ChatSessionColumn[];
}

// The list runs from the newest down, so what comes "after" a position is smaller.
const variants = statements<Variant>(
  ({ window, columns }) =>
    `${window.from} ${window.after !== null} ${window.before !== null} ${columns.join()}`,
  ({ window, columns }) => {
    const direction = window.from === 'start' ? 'DESC' : 'ASC';
    const after =
      window.after === null
        ? '$4::timestamptz IS NULL AND $5::uuid IS NULL'
        : '(s."updatedAt", s.id) < ($4, $5)';
    const before =
      window.before === null
        ? '$6::timestamptz IS NULL AND $7::uuid IS NULL'
        : '(s."updatedAt", s.id) > ($6, $7)';
    return statement(
      'session_list',
      `SELECT ${columnList('s', columns)} FROM "ChatSession" s
       WHERE s."userId" = $1 AND ${after} AND ${before}
       ORDER BY s."updatedAt" ${direction}, s.id ${direction} LIMIT $2 OFFSET $3`,
    );
  },
);

/**
 * A window of a user's sessions, most recent first.
 *
 * @param columns at least `id` and `updatedAt`
 */
export async function readSessionList(
  database: Database,
  userId: string,
  window: SessionWindow,
  columns: readonly ChatSessionColumn[],
): Promise<Page<ChatSessionRow>> {
  const rows = await database.query<ChatSessionRow>(variants({ window, columns }), [
    userId,
    window.limit + 1,
    window.offset,
    window.after?.updatedAt ?? null,
    window.after?.id ?? null,
    window.before?.updatedAt ?? null,
    window.before?.id ?? null,
  ]);
  return toPage(rows, window);
}

const count = statement(
  'session_count',
  `SELECT count(*)::int AS count FROM "ChatSession" WHERE "userId" = $1`,
);

export async function countSessions(database: Database, userId: string): Promise<number> {
  const rows = await database.query<{ count: number }>(count, [userId]);
  return rows[0]?.count ?? 0;
}

const beyond = {
  before: statement(
    'sessions_before',
    `SELECT EXISTS (SELECT FROM "ChatSession" s WHERE s."userId" = $1 AND (s."updatedAt", s.id) >= ($2, $3)) AS found`,
  ),
  after: statement(
    'sessions_after',
    `SELECT EXISTS (SELECT FROM "ChatSession" s WHERE s."userId" = $1 AND (s."updatedAt", s.id) <= ($2, $3)) AS found`,
  ),
};

/** Whether the list has sessions on the near side of a cursor: at its position or further out. */
export async function hasSessionsBeyond(
  database: Database,
  userId: string,
  side: 'before' | 'after',
  position: SessionPosition,
): Promise<boolean> {
  const rows = await database.query<{ found: boolean }>(beyond[side], [
    userId,
    position.updatedAt,
    position.id,
  ]);
  return rows[0]?.found ?? false;
}
