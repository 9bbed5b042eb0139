// SQL, not Prisma: windows of many sessions are one statement with a LIMIT for each. Prisma reads all messages of all of
// them, and costs the server 12 times the CPU time for 10 messages of 40 sessions with 100 each, more for longer ones;
// twice for 100 messages of one.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { messageColumnList } from './message-columns.js';
import type { JsonField } from './message-json.js';
import { rowsOf, toPage, type Page, type Window } from './windows.js';

/** A window of messages; positions are sequences. */
type MessageWindow = Window<number>;

/** What is wanted of the messages of a session. */
export interface WantedMessages {
  readonly window: MessageWindow;
  /** At least `sessionId` and `sequence`. */
  readonly columns: readonly ChatMessageColumn[];
  /**
   * How each message stands in the answer, for who takes them as JSON where that can be had. Only columns that are
   * among `columns`, and only for a window without `peek`.
   */
  readonly json?: readonly JsonField[];
}

/** What tells queries for messages apart, other than their values. */
export function variantOf({ window, columns }: Pick<WantedMessages, 'window' | 'columns'>): string {
  return `${window.from} ${window.after !== null} ${window.before !== null} ${keyOf(columns)}`;
}

/**
 * A query for the messages of one session.
 *
 * @param session SQL for its id
 * @param first number of the first of the three parameters that `windowValues` gives
 */
export function windowQuery(session: string, { window, columns }: WantedMessages, first: number): string {
  const [limit, after, before] = [`$${first}`, `$${first + 1}`, `$${first + 2}`];
  return `SELECT ${messageColumnList('m', columns)} FROM "ChatMessage" m
    WHERE m."sessionId" = ${session}
      AND ${window.after === null ? `${after}::int IS NULL` : `m.sequence > ${after}`}
      AND ${window.before === null ? `${before}::int IS NULL` : `m.sequence < ${before}`}
    ORDER BY m.sequence ${window.from === 'start' ? 'ASC' : 'DESC'} LIMIT ${limit}`;
}

export function windowValues(window: MessageWindow): unknown[] {
  return [rowsOf(window), window.after, window.before];
}

/** Puts messages that were read together into the pages of their sessions, in the order of `sessionIds`. */
function toPages(
  rows: readonly ChatMessageRow[],
  sessionIds: readonly string[],
  window: MessageWindow,
): Page<ChatMessageRow>[] {
  const bySession = new Map<string, ChatMessageRow[]>(sessionIds.map((id) => [id, []]));
  for (const row of rows) bySession.get(row.sessionId)?.push(row);
  return sessionIds.map((id) => toPage(bySession.get(id) ?? [], window));
}

const variants = statements<WantedMessages>(variantOf, (wanted) =>
  statement(
    'message_windows',
    `SELECT m.* FROM unnest($1::uuid[]) AS wanted(id)
     JOIN "ChatSession" s ON s.id = wanted.id AND ${visible('s', '$2')}
     CROSS JOIN LATERAL (${windowQuery('s.id', wanted, 3)}) m`,
  ),
);

/**
 * The same window of many sessions in one statement.
 *
 * @returns pages in the order of `sessionIds`; sessions that the owner may not see have empty ones
 */
export async function readMessageWindows(
  database: Queryable,
  owner: string | null,
  sessionIds: readonly string[],
  wanted: WantedMessages,
): Promise<Page<ChatMessageRow>[]> {
  const { window } = wanted;
  const values = [sessionIds, owner, ...windowValues(window)];
  return toPages(await database.query<ChatMessageRow>(variants(wanted), values), sessionIds, window);
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
  database: Queryable,
  owner: string | null,
  sessionIds: readonly string[],
  side: 'before' | 'after',
  sequence: number,
): Promise<boolean[]> {
  const rows = await database.query<{ id: string }>(beyond[side], [sessionIds, owner, sequence]);
  const found = new Set(rows.map((row) => row.id));
  return sessionIds.map((id) => found.has(id));
}
