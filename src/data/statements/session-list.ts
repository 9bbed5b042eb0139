// SQL, not Prisma, which has no comparison of rows for cursors, and costs the server 6 times the CPU time: for a list of 40
// sessions as for their number.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { ChatSessionColumn, ChatSessionRow } from '../rows.js';
import type { Timestamp } from '../row-values.js';
import { statement, statements } from '../statement.js';
import { rowsOf, toPage, type Page, type Window } from './windows.js';
import { sessionColumnList } from './session-columns.js';

/** Where a session stands in the list of its owner: most recent first, ties by id. */
export interface SessionPosition {
  readonly updatedAt: Timestamp;
  readonly id: string;
}

export type SessionWindow = Window<SessionPosition>;

export interface WantedSessions {
  readonly window: SessionWindow;
  /** At least `id` and `updatedAt`. */
  readonly columns: readonly ChatSessionColumn[];
}

/** What tells statements for lists apart, other than their values. */
export function listVariantOf({ window, columns }: WantedSessions): string {
  return `${window.from} ${window.after !== null} ${window.before !== null} ${keyOf(columns)}`;
}

/** The query for a window of a user's sessions, with the seven parameters that `listValues` gives, from $1 on. */
export function listQuery({ window, columns }: WantedSessions): string {
  // The list runs from the newest down, so what comes "after" a position is smaller.
  const direction = window.from === 'start' ? 'DESC' : 'ASC';
  const after =
    window.after === null
      ? '$4::timestamptz IS NULL AND $5::uuid IS NULL'
      : '(s."updatedAt", s.id) < ($4, $5)';
  const before =
    window.before === null
      ? '$6::timestamptz IS NULL AND $7::uuid IS NULL'
      : '(s."updatedAt", s.id) > ($6, $7)';
  return `SELECT ${sessionColumnList('s', columns)} FROM "ChatSession" s
     WHERE s."userId" = $1 AND ${after} AND ${before}
     ORDER BY s."updatedAt" ${direction}, s.id ${direction} LIMIT $2 OFFSET $3`;
}

export function listValues(userId: string, window: SessionWindow): unknown[] {
  const { after, before, offset } = window;
  return [
    userId,
    rowsOf(window),
    offset,
    after?.updatedAt ?? null,
    after?.id ?? null,
    before?.updatedAt ?? null,
    before?.id ?? null,
  ];
}

const variants = statements<WantedSessions>(listVariantOf, (wanted) =>
  statement('session_list', listQuery(wanted)),
);

/** A window of a user's sessions, most recent first. */
export async function readSessionList(
  database: Queryable,
  userId: string,
  wanted: WantedSessions,
): Promise<Page<ChatSessionRow>> {
  const values = listValues(userId, wanted.window);
  return toPage(await database.query<ChatSessionRow>(variants(wanted), values), wanted.window);
}

const count = statement(
  'session_count',
  `SELECT count(*)::int AS count FROM "ChatSession" WHERE "userId" = $1`,
);

export async function countSessions(database: Queryable, userId: string): Promise<number> {
  const rows = await database.query<{ count: number }>(count, [userId]);
  return rows[0]?.count ?? 0;
}

// In order, so that the nearest one is taken from the index. For any one the planner would sooner go through the table
// where many match, and meet those that do not match first.
const beyond = {
  before: statement(
    'sessions_before',
    `SELECT s.id FROM "ChatSession" s WHERE s."userId" = $1 AND (s."updatedAt", s.id) >= ($2, $3)
     ORDER BY s."updatedAt", s.id LIMIT 1`,
  ),
  after: statement(
    'sessions_after',
    `SELECT s.id FROM "ChatSession" s WHERE s."userId" = $1 AND (s."updatedAt", s.id) <= ($2, $3)
     ORDER BY s."updatedAt" DESC, s.id DESC LIMIT 1`,
  ),
};

/** Whether the list has sessions on the near side of a cursor: at its position or further out. */
export async function hasSessionsBeyond(
  database: Queryable,
  userId: string,
  side: 'before' | 'after',
  position: SessionPosition,
): Promise<boolean> {
  const rows = await database.query(beyond[side], [userId, position.updatedAt, position.id]);
  return rows.length > 0;
}
