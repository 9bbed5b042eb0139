import type { Queryable } from '../database.js';
import type { StoredCredentials } from '../row-values.js';
import { chatSessionColumns, sessionMaps, type ChatSessionRow, type SessionMap } from '../rows.js';
import { statement, visible } from '../statement.js';
import { moveInList } from './list-moves.js';
import { sessionColumnList } from './session-columns.js';

/** A session to be. Maps that are not there begin empty. */
export interface NewSession extends Partial<Record<SessionMap, object | null | undefined>> {
  readonly id: string;
  readonly userId: string;
  readonly title: string | null;
  readonly credentials: StoredCredentials;
}

/** What became of a creation. */
export interface Creation {
  /** The new session, or the one that its owner had under this id already. Null when there is neither. */
  readonly session: ChatSessionRow | null;
  /** Whether the session is new. */
  readonly created: boolean;
  /** Whether the id is that of somebody else's session. */
  readonly taken: boolean;
}

// Not through Prisma, which copies JSON key by key and loses the key "__proto__" on the way.
// Who deletes a session and brings it back goes on counting its changes, so that those who followed the old one notice.
// A statement sees the notes of deletions as they were at its beginning, but the insert meets sessions as they are when
// it comes to them: one that is just being deleted would be waited for, and its note missed. So nothing is inserted
// when there was a session at the beginning: its deletion, if there is one, comes after this. (What is not found out
// is a session that comes and is deleted, by two other requests, all between this beginning and this insert.)
const insert = statement(
  'insert_session',
  `WITH known AS (
     SELECT s.* FROM "ChatSession" s WHERE s.id = $1
   ), created AS (
     INSERT INTO "ChatSession" AS s (
       id, "userId", title, credentials, ${sessionMaps.map((map) => `"${map}"`).join(', ')},
       revision, "ownRevision", "createdRevision"
     )
     SELECT $1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb,
       COALESCE(deletion.revision + 1, 0), COALESCE(deletion.revision + 1, 0), COALESCE(deletion.revision, 0)
     FROM (
       SELECT max(d.revision) AS revision FROM "DeletedChatSession" d WHERE d.id = $1 AND d."userId" = $2
     ) deletion
     WHERE NOT EXISTS (SELECT FROM known)
     ON CONFLICT (id) DO NOTHING
     RETURNING s.*
   )
   SELECT ${sessionColumnList('s', chatSessionColumns)}, s.created IS TRUE AS created,
     s.id IS NULL AND EXISTS (SELECT FROM known) AS taken
   FROM (VALUES (1)) one LEFT JOIN (
     SELECT created.*, TRUE AS created FROM created
     UNION ALL SELECT known.*, FALSE FROM known WHERE known."userId" = $2
   ) s ON TRUE`,
);

/**
 * Stores a session, unless there is one of its id already.
 *
 * @returns neither a session nor `taken` when somebody else has come between: the same again will tell
 */
export async function insertSession(database: Queryable, session: NewSession): Promise<Creation> {
  const { id, userId, title, credentials } = session;
  const maps = sessionMaps.map((map) => JSON.stringify(session[map] ?? {}));
  const [answer] = await database.query<
    Pick<Creation, 'created' | 'taken'> & (ChatSessionRow | { readonly id: null })
  >(insert, [id, userId, title, JSON.stringify(credentials), ...maps]);
  if (!answer) throw new Error('A creation gave no answer.');
  const { created, taken } = answer;
  return { session: answer.id === null ? null : answer, created, taken };
}

const remove = statement(
  'delete_session',
  `WITH gone AS (
     DELETE FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} RETURNING s.id, s."userId", s.revision
   )
   INSERT INTO "DeletedChatSession" AS d (id, "userId", revision, "deletedAt")
   SELECT id, "userId", revision + 1, statement_timestamp() FROM gone
   ON CONFLICT (id, "userId") DO UPDATE SET
     revision = excluded.revision, "deletedAt" = excluded."deletedAt", ${moveInList}
   RETURNING d.id`,
);

/**
 * Deletes a session with its messages, and leaves a note of it for those who follow.
 *
 * @returns whether there was such a session for this owner
 */
export async function deleteSession(database: Queryable, owner: string | null, id: string): Promise<boolean> {
  const rows = await database.query(remove, [id, owner]);
  return rows.length > 0;
}

// Not through Prisma, whose query compiler would be loaded to find out each hour that there is nothing to do: 34 MB and
// 300 ms in every process.
const oldDeletions = statement(
  'old_deletions',
  `SELECT EXISTS (SELECT FROM "DeletedChatSession" d WHERE d."deletedAt" < $1) AS found`,
);

/** Whether there are notes of sessions that were deleted before a time. */
export async function hasDeletionsBefore(database: Queryable, time: Date): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(oldDeletions, [time]);
  return row?.found ?? false;
}
