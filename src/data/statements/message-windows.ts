import type { Database } from '../database.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { statement, statements, visible } from '../statement.js';
import { messageColumnList } from './message-columns.js';
import { toPage, type Page, type Window } from './windows.js';

/** A window of messages; positions are sequences. */
export type MessageWindow = Window<number>;

interface Variant {
  readonly window: MessageWindow;
  readonly columns: readonly ChatMessageColumn[];
}

const variants = statements<Variant>(
  ({ window, columns }) =>
    `${window.from} ${window.after !== null} ${window.before !== null} ${columns.join()}`,
  ({ window, columns }) =>
    statement(
      'message_windows',
      `SELECT m.* FROM unnest($1::uuid[]) AS wanted(id)
       JOIN "ChatSession" s ON s.id = wanted.id AND ${visible('s', '$2')}
       CROSS JOIN LATERAL (
         SELECT ${messageColumnList('m', columns)} FROM "ChatMessage" m
         WHERE m."sessionId" = s.id
           ${window.after === null ? 'AND $4::int IS NULL' : 'AND m.sequence > $4'}
           ${window.before === null ? 'AND $5::int IS NULL' : 'AND m.sequence < $5'}
         ORDER BY m.sequence ${window.from === 'start' ? 'ASC' : 'DESC'} LIMIT $3
       ) m`,
    ),
);

/**
 * The same window of many sessions in one statement.
 *
 * @param columns at least `sessionId` and `sequence`
 * @returns pages in the order of `sessionIds`; sessions that the owner may not see have empty ones
 */
export async function readMessageWindows(
  database: Database,
  owner: string | null,
  sessionIds: readonly string[],
  window: MessageWindow,
  columns: readonly ChatMessageColumn[],
): Promise<Page<ChatMessageRow>[]> {
  const rows = await database.query<ChatMessageRow>(variants({ window, columns }), [
    sessionIds,
    owner,
    window.limit + 1,
    window.after,
    window.before,
  ]);
  const bySession = new Map<string, ChatMessageRow[]>(sessionIds.map((id) => [id, []]));
  for (const row of rows) bySession.get(row.sessionId)?.push(row);
  return sessionIds.map((id) => toPage(bySession.get(id) ?? [], window));
}

const beyond = {
  before: statement(
    'messages_before',
    `SELECT s.id FROM unnest($1::uuid[]) AS wanted(id)
     JOIN "ChatSession" s ON s.id = wanted.id AND ${visible('s', '$2')}
     WHERE EXISTS (SELECT FROM "ChatMessage" m WHERE m."sessionId" = s.id AND m.sequence <= $3)`,
  ),
  after: statement(
    'messages_after',
    `SELECT s.id FROM unnest($1::uuid[]) AS wanted(id)
     JOIN "ChatSession" s ON s.id = wanted.id AND ${visible('s', '$2')}
     WHERE EXISTS (SELECT FROM "ChatMessage" m WHERE m."sessionId" = s.id AND m.sequence >= $3)`,
  ),
};

/**
 * Which sessions have messages on the near side of a cursor: at its sequence or further out.
 *
 * @returns in the order of `sessionIds`
 */
export async function haveMessagesBeyond(
  database: Database,
  owner: string | null,
  sessionIds: readonly string[],
  side: 'before' | 'after',
  sequence: number,
): Promise<boolean[]> {
  const rows = await database.query<{ id: string }>(beyond[side], [sessionIds, owner, sequence]);
  const found = new Set(rows.map((row) => row.id));
  return sessionIds.map((id) => found.has(id));
}
