import type { Database } from '../database.js';
import type { ChatMessageRow, ChatSessionColumn, ChatSessionRow } from '../rows.js';
import { columnList, statement, statements } from '../statement.js';
import { sessionsByIdQuery, inOrder } from './by-id.js';
import { toPages, variantOf, windowQuery, windowValues, type WantedMessages } from './message-windows.js';
import { listQuery, listValues, listVariantOf, type WantedSessions } from './session-list.js';
import { toPage, type Page } from './windows.js';

/** A session with a window of its messages. */
export interface SessionWithMessages {
  readonly session: ChatSessionRow;
  readonly messages: Page<ChatMessageRow>;
}

/**
 * A query for sessions and a window of the messages of each. It gives rows of two kinds: those of sessions have their
 * columns under names that begin with "session.", and those of messages theirs. (A join would repeat the session with
 * each of its messages.)
 *
 * @param sessions query for the sessions, which makes use of all parameters before `first`
 * @param shown SQL for the number of sessions whose messages are read
 * @param first number of the first of the three parameters that `windowValues` gives
 */
function withMessages(
  sessions: string,
  columns: readonly ChatSessionColumn[],
  shown: string,
  wanted: WantedMessages,
  first: number,
): string {
  const named = columns.map((column) => `s."${column}" AS "session.${column}"`);
  return `WITH session AS MATERIALIZED (${sessions})
    SELECT ${named.join(', ')}, ${wanted.columns.map((column) => `NULL AS "${column}"`).join(', ')} FROM session s
    UNION ALL
    SELECT ${columns.map(() => 'NULL').join(', ')}, ${columnList('m', wanted.columns)}
    FROM (SELECT id FROM session LIMIT ${shown}) s
    CROSS JOIN LATERAL (${windowQuery('s.id', wanted, first)}) m`;
}

type Row = ChatMessageRow & Readonly<Record<`session.${ChatSessionColumn}`, unknown>>;

function takeApart(rows: readonly Row[], columns: readonly ChatSessionColumn[]) {
  const sessions: ChatSessionRow[] = [];
  const messages: ChatMessageRow[] = [];
  for (const row of rows) {
    if (row['session.id'] === null) messages.push(row);
    else {
      const session = columns.map((column) => [column, row[`session.${column}`]]);
      sessions.push(Object.fromEntries(session) as ChatSessionRow);
    }
  }
  return { sessions, messages };
}

interface WantedById {
  readonly columns: readonly ChatSessionColumn[];
  readonly messages: WantedMessages;
}

const byId = statements<WantedById>(
  ({ columns, messages }) => `${columns.join()} ${variantOf(messages)}`,
  ({ columns, messages }) =>
    statement(
      'sessions_with_messages_by_id',
      withMessages(sessionsByIdQuery(columns), columns, 'ALL', messages, 3),
    ),
);

/**
 * Sessions by their ids with a window of their messages, in the order of the ids; null for those that do not exist
 * for this owner.
 *
 * @param wanted columns: at least `id`
 */
export async function readSessionsWithMessages(
  database: Database,
  owner: string | null,
  ids: readonly string[],
  wanted: WantedById,
): Promise<(SessionWithMessages | null)[]> {
  const { columns, messages } = wanted;
  const values = [ids, owner, ...windowValues(messages.window)];
  const found = takeApart(await database.query<Row>(byId(wanted), values), columns);
  const pages = toPages(found.messages, ids, messages.window);
  return inOrder(ids, found.sessions).map((session, index) => {
    const page = pages[index];
    return session && page ? { session, messages: page } : null;
  });
}

interface WantedList {
  readonly sessions: WantedSessions;
  readonly messages: WantedMessages;
}

const list = statements<WantedList>(
  ({ sessions, messages }) => `${listVariantOf(sessions)} ${variantOf(messages)}`,
  ({ sessions, messages }) =>
    statement(
      'session_list_with_messages',
      // The session behind the page only shows that the list goes on.
      withMessages(listQuery(sessions), sessions.columns, '$8', messages, 9),
    ),
);

/** A window of a user's sessions, most recent first, with a window of the messages of each. */
export async function readSessionListWithMessages(
  database: Database,
  userId: string,
  wanted: WantedList,
): Promise<Page<SessionWithMessages>> {
  const { sessions, messages } = wanted;
  const { window, columns } = sessions;
  const values = [...listValues(userId, window), window.limit, ...windowValues(messages.window)];
  const found = takeApart(await database.query<Row>(list(wanted), values), columns);
  const { rows, more } = toPage(found.sessions, window);
  const ids = rows.map(({ id }) => id);
  const pages = toPages(found.messages, ids, messages.window);
  return {
    rows: rows.flatMap((session, index) => {
      const page = pages[index];
      return page ? [{ session, messages: page }] : [];
    }),
    more,
  };
}
