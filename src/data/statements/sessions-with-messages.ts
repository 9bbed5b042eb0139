// SQL, not Prisma: 20 messages of each of 20 sessions are one statement, whose messages come as JSON. Prisma reads all
// messages of these sessions, and costs the server 11 times the CPU time.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { JsonText } from '../row-values.js';
import type { ChatMessageRow, ChatSessionColumn, ChatSessionRow } from '../rows.js';
import { statement, statements } from '../statement.js';
import { inOrder, sessionsByIdQuery } from './by-id.js';
import { bytesOfEach, selectShortJsonList, type JsonField } from './message-json.js';
import { variantOf, windowQuery, windowValues, type WantedMessages } from './message-windows.js';
import { listQuery, listValues, listVariantOf, type WantedSessions } from './session-list.js';
import { toPage, type Page } from './windows.js';
import { sessionColumnList } from './session-columns.js';

/** A session, and a window of its messages as JSON; null when they are so long that they are to be read as rows. */
export interface SessionWithMessages {
  readonly session: ChatSessionRow;
  readonly messages: Page<ChatMessageRow> | null;
}

/** Messages that are wanted as JSON. */
export type JsonMessages = WantedMessages & { readonly json: readonly JsonField[] };

/**
 * SQL for the messages of one session as the JSON of a list, in order of sequence. Rows cost Node twice of what their
 * JSON costs PostgreSQL.
 *
 * @param session SQL for its id
 * @param first number of the first of the four parameters that `jsonValues` gives
 */
function messagesAsJson(session: string, wanted: JsonMessages, first: number): string {
  const from = `(${windowQuery(session, wanted, first)})`;
  return `(${selectShortJsonList(from, wanted.json, `$${first + 3}::int`)})`;
}

function jsonValues(window: WantedMessages['window']): unknown[] {
  return [...windowValues(window), bytesOfEach(window.limit)];
}

function jsonVariantOf(wanted: JsonMessages): string {
  return `${variantOf(wanted)} ${keyOf(wanted.json)}`;
}

interface WantedById {
  readonly columns: readonly ChatSessionColumn[];
  readonly messages: JsonMessages;
}

interface WantedList {
  readonly sessions: WantedSessions;
  readonly messages: JsonMessages;
}

type Row = ChatSessionRow & { readonly messages: JsonText | null };

const byId = statements<WantedById>(
  ({ columns, messages }) => `${keyOf(columns)} ${jsonVariantOf(messages)}`,
  ({ columns, messages }) =>
    statement(
      'sessions_with_messages_by_id',
      `SELECT s.*, ${messagesAsJson('s.id', messages, 3)} AS messages FROM (${sessionsByIdQuery(columns)}) s`,
    ),
);

/**
 * Sessions by their ids with a window of their messages, in the order of the ids; null for those that do not exist
 * for this owner.
 *
 * @param wanted columns: at least `id`
 */
export async function readSessionsWithMessages(
  database: Queryable,
  owner: string | null,
  ids: readonly string[],
  wanted: WantedById,
): Promise<(SessionWithMessages | null)[]> {
  const values = [ids, owner, ...jsonValues(wanted.messages.window)];
  const rows = await database.query<Row>(byId(wanted), values);
  return inOrder(ids, rows).map((row) => row && withPage(row));
}

const list = statements<WantedList>(
  ({ sessions, messages }) => `${listVariantOf(sessions)} ${jsonVariantOf(messages)}`,
  ({ sessions, messages }) =>
    statement(
      'session_list_with_messages',
      // The session behind the page only shows that the list goes on.
      `SELECT ${sessionColumnList('s', sessions.columns)},
         CASE WHEN s.place <= $8::int THEN ${messagesAsJson('s.id', messages, 9)} END AS messages
       FROM (SELECT row_number() OVER () AS place, s.* FROM (${listQuery(sessions)}) s) s`,
    ),
);

/** A window of a user's sessions, most recent first, with a window of the messages of each. */
export async function readSessionListWithMessages(
  database: Queryable,
  userId: string,
  wanted: WantedList,
): Promise<Page<SessionWithMessages>> {
  const { window } = wanted.sessions;
  const values = [...listValues(userId, window), window.limit, ...jsonValues(wanted.messages.window)];
  const { rows, more } = toPage(await database.query<Row>(list(wanted), values), window);
  return { rows: rows.map(withPage), more };
}

function withPage({ messages, ...session }: Row): SessionWithMessages {
  return { session, messages: messages && { rows: [], json: messages, more: false } };
}
