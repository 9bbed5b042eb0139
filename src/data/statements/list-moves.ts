import type { Queryable } from '../database.js';
import { chatSessionColumns, type ChatSessionRow } from '../rows.js';
import type { Timestamp } from '../row-values.js';
import { columnList, limit, statement } from '../statement.js';

/** Where the reading of a user's moved sessions stands: those at the same time are in order of id. */
export interface MovePosition {
  readonly time: Date;
  readonly id: string;
}

const moved = statement(
  'moved_sessions',
  `SELECT ${columnList('s', [...chatSessionColumns, 'ownRevision'])} FROM "ChatSession" s
   WHERE s."userId" = $1 AND (s."updatedAt", s.id) > ($2, $3)
   ORDER BY s."updatedAt", s.id ${limit('$4')}`,
);

/** Sessions of a user that changed after a position, oldest change first. */
export function readMovedSessions(
  database: Queryable,
  userId: string,
  { time, id }: MovePosition,
  limit: number,
): Promise<ChatSessionRow[]> {
  return database.query<ChatSessionRow>(moved, [userId, time, id, limit]);
}

export interface DeletedSession {
  readonly id: string;
  readonly revision: number;
  readonly deletedAt: Timestamp;
}

const deleted = statement(
  'deleted_sessions',
  `SELECT d.id, d.revision, d."deletedAt" FROM "DeletedChatSession" d
   WHERE d."userId" = $1 AND (d."deletedAt", d.id) > ($2, $3)
   ORDER BY d."deletedAt", d.id ${limit('$4')}`,
);

/** Sessions of a user that were deleted after a position, the first deleted first. */
export function readDeletedSessions(
  database: Queryable,
  userId: string,
  { time, id }: MovePosition,
  limit: number,
): Promise<DeletedSession[]> {
  return database.query<DeletedSession>(deleted, [userId, time, id, limit]);
}

const clock = statement('clock', 'SELECT clock_timestamp()::timestamptz(3) AS now');

/** The time of the database, by which changes are dated. */
export async function readClock(database: Queryable): Promise<Date> {
  const [row] = await database.query<{ now: Timestamp }>(clock, []);
  if (!row) throw new Error('The database did not tell the time.');
  return new Date(row.now);
}

const usersMoved = statement(
  'users_moved',
  `SELECT watched.id FROM unnest($1::text[], $2::timestamptz[]) AS watched(id, since)
   WHERE EXISTS (SELECT FROM "ChatSession" s WHERE s."userId" = watched.id AND s."updatedAt" > watched.since)
      OR EXISTS (SELECT FROM "DeletedChatSession" d WHERE d."userId" = watched.id AND d."deletedAt" > watched.since)`,
);

/** Those of the users whose list of sessions moved after a time of their own. */
export async function readMovedUsers(
  database: Queryable,
  since: readonly (readonly [userId: string, time: Date])[],
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(usersMoved, [
    since.map(([userId]) => userId),
    since.map(([, time]) => time),
  ]);
  return rows.map(({ id }) => id);
}

const owners = statement(
  'session_owners',
  `SELECT s."userId" FROM "ChatSession" s WHERE s.id = ANY($1::uuid[])
   UNION SELECT d."userId" FROM "DeletedChatSession" d WHERE d.id = ANY($1::uuid[])`,
);

/** The users to whom these sessions belong, or belonged until they were deleted. */
export async function readOwners(database: Queryable, sessionIds: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ userId: string }>(owners, [sessionIds]);
  return rows.map(({ userId }) => userId);
}
