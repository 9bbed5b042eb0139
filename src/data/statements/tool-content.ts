import type { Queryable } from '../database.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { columnList, statement, statements, visible } from '../statement.js';

export interface ToolContent {
  readonly sessionId: string;
  readonly toolCallId: string;
  readonly content: string;
  /** Changes the message only when it holds this; null stands for no content. Undefined: whatever it holds. */
  readonly expectedContent?: string | null | undefined;
}

/**
 * Two answers may carry the id of the same call: then the newest is meant. An update that waits for the session takes
 * the newest of those that were there when it began, since a statement does not see what comes meanwhile.
 */
const newestAnswer = `m."sessionId" = $1 AND m."toolCallId" = $3 AND m.role = 'tool'
  ORDER BY m.sequence DESC LIMIT 1`;

// First the row lock of the session, as in an append, so that revisions are given in the order of commits; then the
// message, judged in its newest version; and the session is moved on only if the message did change.
const update = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'update_tool_content',
    `WITH session AS (
         SELECT s.id, s.revision + 1 AS revision, GREATEST(s."updatedAt", clock_timestamp()) AS "updatedAt"
         FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
       ), changed AS (
         UPDATE "ChatMessage" m SET content = $4, revision = session.revision, "updatedAt" = session."updatedAt"
         FROM session
         WHERE m.id = (SELECT m.id FROM "ChatMessage" m WHERE ${newestAnswer})
           AND m.content IS DISTINCT FROM $4 AND ($5::boolean OR m.content IS NOT DISTINCT FROM $6::text)
         RETURNING m.*
       ), moved AS (
         UPDATE "ChatSession" s SET revision = changed.revision, "updatedAt" = changed."updatedAt"
         FROM changed WHERE s.id = changed."sessionId" RETURNING s.id
       )
       SELECT ${columnList('m', columns)} FROM changed m JOIN moved ON moved.id = m."sessionId"`,
  ),
);

/**
 * Writes the result of a tool call into the newest message of role tool that answers it.
 *
 * @returns the changed message; null when there is none, when it holds something unexpected, or when it holds
 *   this content already: `readToolAnswer` tells which
 */
export async function writeToolContent(
  database: Queryable,
  owner: string | null,
  { sessionId, toolCallId, content, expectedContent }: ToolContent,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const rows = await database.query<ChatMessageRow>(update(columns), [
    sessionId,
    owner,
    toolCallId,
    content,
    expectedContent === undefined,
    expectedContent ?? null,
  ]);
  return rows[0] ?? null;
}

const read = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'tool_answer',
    `SELECT ${columnList('m', columns)}, m.content FROM "ChatMessage" m
       JOIN "ChatSession" s ON s.id = m."sessionId" AND ${visible('s', '$2')}
       WHERE ${newestAnswer}`,
  ),
);

/** The newest message of role tool that answers a tool call, with its content; null when there is none. */
export async function readToolAnswer(
  database: Queryable,
  owner: string | null,
  { sessionId, toolCallId }: Pick<ToolContent, 'sessionId' | 'toolCallId'>,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const rows = await database.query<ChatMessageRow>(read(columns), [sessionId, owner, toolCallId]);
  return rows[0] ?? null;
}
