// SQL, not Prisma: every request for a session or a message comes here. Prisma costs the server 4 times the CPU time, for
// one session as for 40, and can't leave out of JSON what nobody parses.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type {
  ChatMessageColumn,
  ChatMessageRow,
  ChatSessionColumn,
  ChatSessionRow,
  MessageKey,
} from '../rows.js';
import { ownerHash, statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { messageColumnList } from './message-columns.js';
import { sessionColumnList } from './session-columns.js';

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

// An id names a message within its session, so any number of sessions may have a message of it, and anybody can make
// more of them. So no more than two are read for an owner: the newest by `ownerHash`; and the oldest of those without
// one, since an id was still one message's when they were written. Where all may be seen, a few of any. Their sessions
// are looked up one by one: in a join the planner may read all sessions, where it expects many messages of an id. To
// see that the index has the order, it must be given the whole of it.
const ofOwner = `(
    SELECT * FROM "ChatMessage" m WHERE m.id = wanted.id AND m."ownerHash" = (SELECT ${ownerHash('$2::text')})
    ORDER BY m."createdAt" DESC LIMIT 1
  ) UNION ALL (
    SELECT * FROM "ChatMessage" m WHERE m.id = wanted.id AND m."ownerHash" IS NULL
    ORDER BY m."ownerHash", m."createdAt" LIMIT 1
  )`;
const ofAnybody = 'SELECT * FROM "ChatMessage" m WHERE m.id = wanted.id LIMIT 20';

interface MessagesById {
  readonly isOwner: boolean;
  readonly columns: readonly ChatMessageColumn[];
}

const messageVariants = statements<MessagesById>(
  ({ isOwner, columns }) => `${isOwner} ${keyOf(columns)}`,
  ({ isOwner, columns }) =>
    statement(
      'messages_by_id',
      `SELECT ${messageColumnList('m', columns)} FROM unnest($1::uuid[]) AS wanted(id)
       CROSS JOIN LATERAL (
         SELECT * FROM (${isOwner ? ofOwner : ofAnybody}) m
         WHERE (SELECT ${visible('s', '$2')} FROM "ChatSession" s WHERE s.id = m."sessionId")
         ORDER BY m."createdAt" DESC LIMIT 1
       ) m`,
    ),
);

/**
 * Messages by their ids alone, in the order of the ids; null for those that do not exist for this owner. Of several
 * that have the same id it is the owner's newest one; for those who see all, the newest of some of them.
 *
 * @param columns at least `id`
 */
export async function readMessages(
  database: Queryable,
  owner: string | null,
  ids: readonly string[],
  columns: readonly ChatMessageColumn[],
): Promise<(ChatMessageRow | null)[]> {
  const variant = messageVariants({ isOwner: owner !== null, columns });
  return inOrder(ids, await database.query<ChatMessageRow>(variant, [ids, owner]));
}

const messageOfSession = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'message_of_session',
    `SELECT ${messageColumnList('m', columns)} FROM "ChatMessage" m
       JOIN "ChatSession" s ON s.id = m."sessionId" AND ${visible('s', '$2')}
       WHERE m."sessionId" = $1 AND m.id = $3`,
  ),
);

/** A message of a session; null when it does not exist for this owner. */
export async function readMessage(
  database: Queryable,
  owner: string | null,
  { sessionId, messageId }: MessageKey,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const [row] = await database.query<ChatMessageRow>(messageOfSession(columns), [
    sessionId,
    owner,
    messageId,
  ]);
  return row ?? null;
}

/** Rows in the order of ids; null for those that have none. */
export function inOrder<Row extends { id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
