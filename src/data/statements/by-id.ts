import type { Queryable } from '../database.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow, ChatSessionColumn, ChatSessionRow } from '../rows.js';
import { statement, statements, visible } from '../statement.js';
import { messageColumnList } from './message-columns.js';
import { sessionColumnList } from './session-columns.js';

// Not through Prisma, since every request for a session or a message comes here: the session costs the server 100 to 270
// us of CPU, and 330 to 640 with `findFirst` (40 of them 190 to 270, and 440 to 830 with `findMany`).

/** The query for sessions: $1 is their ids, $2 the owner. */
export function sessionsByIdQuery(columns: readonly ChatSessionColumn[]): string {
  return `SELECT ${sessionColumnList('s', columns)} FROM "ChatSession" s
     WHERE s.id = ANY($1::uuid[]) AND ${visible('s', '$2')}`;
}

const sessionVariants = statements<readonly ChatSessionColumn[]>(keyOf, (columns) =>
  statement('sessions_by_id', sessionsByIdQuery(columns)),
);

/**
 * Sessions by their ids, in the order of the ids; null for those that do not exist for this owner.
 *
 * @param columns at least `id`
 */
export async function readSessions(
  database: Queryable,
  owner: string | null,
  ids: readonly string[],
  columns: readonly ChatSessionColumn[],
): Promise<(ChatSessionRow | null)[]> {
  const rows = await database.query<ChatSessionRow>(sessionVariants(columns), [ids, owner]);
  return inOrder(ids, rows);
}

const messageVariants = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'messages_by_id',
    `SELECT ${messageColumnList('m', columns)} FROM "ChatMessage" m
       JOIN "ChatSession" s ON s.id = m."sessionId" AND ${visible('s', '$2')}
       WHERE m.id = ANY($1::uuid[])`,
  ),
);

/**
 * Messages by their ids, in the order of the ids; null for those that do not exist for this owner.
 *
 * @param columns at least `id`
 */
export async function readMessages(
  database: Queryable,
  owner: string | null,
  ids: readonly string[],
  columns: readonly ChatMessageColumn[],
): Promise<(ChatMessageRow | null)[]> {
  const rows = await database.query<ChatMessageRow>(messageVariants(columns), [ids, owner]);
  return inOrder(ids, rows);
}

/** Rows in the order of ids; null for those that have none. */
export function inOrder<Row extends { id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
