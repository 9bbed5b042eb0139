import type { Queryable } from '../database.js';
import type { StoredCredentials } from '../row-values.js';
import { chatSessionColumns, sessionMaps, type ChatSessionRow, type SessionMap } from '../rows.js';
import { columnList, statement, visible } from '../statement.js';

/** A session to be. Maps that are not there begin empty. */
export interface NewSession extends Partial<Record<SessionMap, object | null | undefined>> {
  readonly id: string;
  readonly userId: string;
  readonly title: string | null;
  readonly credentials: StoredCredentials;
}

// Not through Prisma, which copies JSON key by key and loses the key "__proto__" on the way.
// Who deletes a session and brings it back goes on counting its changes, so that those who followed the old one notice.
const insert = statement(
  'insert_session',
  `INSERT INTO "ChatSession" AS s (
     id, "userId", title, credentials, ${sessionMaps.map((map) => `"${map}"`).join(', ')},
     revision, "ownRevision", "createdRevision"
   )
   SELECT $1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb,
     COALESCE(deletion.revision + 1, 0), COALESCE(deletion.revision + 1, 0), COALESCE(deletion.revision, 0)
   FROM (
     SELECT max(d.revision) AS revision FROM "DeletedChatSession" d WHERE d.id = $1 AND d."userId" = $2
   ) deletion
   WHERE NOT EXISTS (SELECT FROM "ChatMessage" m WHERE m.id = $1)
   ON CONFLICT (id) DO NOTHING
   RETURNING ${columnList('s', chatSessionColumns)}`,
);

/** Stores a session. Null when its id is taken, by a session or a message. */
export async function insertSession(
  database: Queryable,
  session: NewSession,
): Promise<ChatSessionRow | null> {
  const { id, userId, title, credentials } = session;
  const maps = sessionMaps.map((map) => JSON.stringify(session[map] ?? {}));
  const rows = await database.query<ChatSessionRow>(insert, [
    id,
    userId,
    title,
    JSON.stringify(credentials),
    ...maps,
  ]);
  return rows[0] ?? null;
}

const remove = statement(
  'delete_session',
  `WITH gone AS (
     DELETE FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} RETURNING s.id, s."userId", s.revision
   )
   INSERT INTO "DeletedChatSession" AS d (id, "userId", revision, "deletedAt")
   SELECT id, "userId", revision + 1, clock_timestamp() FROM gone
   ON CONFLICT (id, "userId") DO UPDATE SET revision = excluded.revision, "deletedAt" = excluded."deletedAt"
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

const oldDeletions = statement(
  'old_deletions',
  `SELECT EXISTS (SELECT FROM "DeletedChatSession" d WHERE d."deletedAt" < $1) AS found`,
);

/** Whether there are notes of sessions that were deleted before a time. */
export async function hasDeletionsBefore(database: Queryable, time: Date): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>(oldDeletions, [time]);
  return row?.found ?? false;
}
