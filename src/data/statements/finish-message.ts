// SQL, not Prisma: the end judges the newest rows under locks (FOR UPDATE, which Prisma does not have), and folds the text
// where it is. Prisma would fetch and send it, in a statement for each of the four tables: extend-message.ts, which has
// fewer, costs 10 times the CPU time that way.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow, MessageKey } from '../rows.js';
import { columnList, statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { moveInList } from './list-moves.js';

/** The end of a message that was streamed. What is null stays as the message has it. */
export interface Finish extends MessageKey {
  readonly status: Exclude<ChatMessageRow['status'], 'in_progress'>;
  /** Takes the place of the text so far. */
  readonly content: string | null;
  readonly toolCalls: readonly object[] | null;
  readonly refusal: string | null;
  /** Tokens for the counters of the session, which stop at what an integer holds. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** SHA-256 of the above, in hexadecimal; null when nobody finished the message. */
  readonly finishHash: string | null;
  /** Milliseconds for which the writer must not have been heard of; null: whether or not it was. */
  readonly silence: number | null;
}

const maxInteger = 2_147_483_647;

// First the row lock of the session, as in every write, then that of the stream. A statement that waited for the
// first does not see the chunks that came in meanwhile, but it does see the newest version of a row that it locks:
// when the stream's row speaks of a later chunk than those that are seen, their text would be lost, so nothing is
// done. What the session itself gains is a change of its own, with a revision of its own.
const finish = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'finish_message',
    `WITH session AS (
         SELECT s.id, s.revision, s."updatedAt"
         FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
       ), stream AS (
         SELECT st."messageId", st.revision, st."updatedAt"
         FROM session JOIN "ChatMessageStream" st ON st."sessionId" = session.id
         WHERE st."sessionId" = $1 AND st."messageId" = $3 FOR UPDATE OF st
       ), seen AS (
         SELECT string_agg(c.delta, '' ORDER BY c.revision) AS content, max(c.revision) AS revision
         FROM "ChatMessageChunk" c WHERE c."sessionId" = $1 AND c."messageId" = $3
       ), finished AS (
         UPDATE "ChatMessage" m SET
           status = $4::"ChatMessageStatus",
           content = COALESCE($5::text, seen.content, m.content),
           "toolCalls" = COALESCE($6::json, m."toolCalls"),
           refusal = COALESCE($7::text, m.refusal),
           "finishHash" = decode($8, 'hex'),
           revision = session.revision + 1,
           "updatedAt" = GREATEST(session."updatedAt", stream."updatedAt", statement_timestamp())
         FROM session LEFT JOIN stream ON true CROSS JOIN seen
         WHERE m."sessionId" = session.id AND m.id = $3 AND CASE
           WHEN stream."messageId" IS NULL THEN
             m.status = 'failed' AND m."finishHash" IS NULL AND $9::int IS NULL
           ELSE
             m.status = 'in_progress'
             AND ($5::text IS NOT NULL OR stream.revision = COALESCE(seen.revision, m."appendedRevision"))
             AND ($9::int IS NULL OR stream."updatedAt" < statement_timestamp() - $9 * interval '1 millisecond')
         END
         RETURNING m.*
       ), gone AS (
         DELETE FROM "ChatMessageStream" st USING finished
         WHERE st."sessionId" = finished."sessionId" AND st."messageId" = finished.id
       ), moved AS (
         UPDATE "ChatSession" s SET
           revision = finished.revision + used.revisions,
           "ownRevision" = CASE used.revisions WHEN 0 THEN s."ownRevision" ELSE finished.revision + used.revisions END,
           "totalPromptTokens" = LEAST(s."totalPromptTokens"::bigint + $10::int, ${maxInteger}),
           "totalCompletionTokens" = LEAST(s."totalCompletionTokens"::bigint + $11::int, ${maxInteger}),
           "updatedAt" = finished."updatedAt",
           ${moveInList}
         FROM finished, (SELECT CASE WHEN $10::int > 0 OR $11::int > 0 THEN 1 ELSE 0 END AS revisions) used
         WHERE s.id = finished."sessionId"
       )
       SELECT ${columnList('m', columns)} FROM finished m`,
  ),
);

/**
 * Ends a message IN_PROGRESS in one statement, and folds its text into its row. One that failed because its writer
 * was not heard of can be finished as well.
 *
 * @param columns at least `sessionId`
 * @returns the message; null when nothing has changed: there is no such message for the owner, it is finished
 *   already, its writer was heard of, or text came in while this waited, and the same again will do
 */
export async function finishMessage(
  database: Queryable,
  owner: string | null,
  end: Finish,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const rows = await database.query<ChatMessageRow>(finish(columns), [
    end.sessionId,
    owner,
    end.messageId,
    end.status,
    end.content,
    end.toolCalls && JSON.stringify(end.toolCalls),
    end.refusal,
    end.finishHash,
    end.silence,
    end.promptTokens,
    end.completionTokens,
  ]);
  return rows[0] ?? null;
}
