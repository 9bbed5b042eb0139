// SQL, not Prisma: a piece of an answer is a change under the lock of its session, one statement. Prisma sends five, and
// costs the server 10 times the CPU time; an answer has hundreds of pieces.

import type { Queryable } from '../queryable.js';
import type { MessageKey } from '../rows.js';
import { statement } from '../statement.js';
import { visible } from '../visibility.js';

/** A piece of text for the end of a message IN_PROGRESS. */
export interface Extension extends MessageKey {
  /** Length that the text must have before, in UTF-16 code units. */
  readonly offset: number;
  /** Empty: only a sign of life. */
  readonly delta: string;
}

/** A message after it grew. */
export interface Grown {
  /** UTF-16 code units. */
  readonly length: number;
  /** Of the last piece. */
  readonly revision: number;
}

// First the row lock of the session, as in every write, so that revisions are given in the order of commits. Whoever
// waited for it still sees other tables as they were before, apart from the rows that it locks or updates itself:
// all that is judged here stands in the stream's row. The message is not touched, and the session keeps its time,
// so that neither moves an entry of an index.
const extend = statement(
  'extend_message',
  `WITH session AS (
     SELECT s.id, s.revision + 1 AS revision
     FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
   ), grown AS (
     UPDATE "ChatMessageStream" st SET
       length = st.length + $6, bytes = st.bytes + $7, revision = session.revision,
       "updatedAt" = GREATEST(st."updatedAt", statement_timestamp())
     FROM session
     WHERE st."sessionId" = session.id AND st."messageId" = $3 AND st.length = $4 AND st.bytes + $7 <= $8
     RETURNING st."messageId", st."sessionId", st.length, st.revision
   ), chunk AS (
     INSERT INTO "ChatMessageChunk" ("sessionId", "messageId", revision, "offset", delta)
     SELECT "sessionId", "messageId", revision, $4, $5 FROM grown
   ), moved AS (
     UPDATE "ChatSession" s SET revision = grown.revision FROM grown WHERE s.id = grown."sessionId"
   )
   SELECT length, revision FROM grown`,
);

// Nothing of the session changes, so its lock is not needed.
const keep = statement(
  'keep_message',
  `UPDATE "ChatMessageStream" st SET "updatedAt" = GREATEST(st."updatedAt", statement_timestamp())
   FROM "ChatSession" s
   WHERE st."sessionId" = $1 AND st."messageId" = $3 AND s.id = st."sessionId" AND ${visible('s', '$2')} AND st.length = $4
   RETURNING st.length, st.revision`,
);

/**
 * Puts a piece of text behind what a message IN_PROGRESS holds, in one statement. An empty one makes no revision,
 * and tells that the writer is alive.
 *
 * @param maxBytes of UTF-8 that the message may hold
 * @returns null when there is no such message for the owner, when it is not in progress, or when it has another
 *   length or no room: nothing has changed then
 */
export async function extendMessage(
  database: Queryable,
  owner: string | null,
  { sessionId, messageId, offset, delta }: Extension,
  maxBytes: number,
): Promise<Grown | null> {
  const place = [sessionId, owner, messageId, offset];
  const rows =
    delta === ''
      ? await database.query<Grown>(keep, place)
      : await database.query<Grown>(extend, [
          ...place,
          delta,
          delta.length,
          Buffer.byteLength(delta),
          maxBytes,
        ]);
  return rows[0] ?? null;
}
