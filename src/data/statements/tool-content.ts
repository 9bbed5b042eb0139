// SQL, not Prisma: which of several answers is meant is decided under their locks, in the statement that changes it. Prisma
// sends five, and costs the server 7 times the CPU time; 3 times for looking at what a retry meets.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { columnList, statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { moveInList } from './list-moves.js';

export interface ToolContent {
  readonly sessionId: string;
  readonly toolCallId: string;
  /** The message that is meant, among those that answer the call. */
  readonly messageId?: string | null | undefined;
  readonly content: string;
  /** Changes the message only when it holds this; null stands for no content. Undefined: whatever it holds. */
  readonly expectedContent?: string | null | undefined;
}

interface Variant {
  readonly columns: readonly ChatMessageColumn[];
  /** Whether the message is named. */
  readonly isNamed: boolean;
}

/** The messages that answer a tool call, of which providers that repeat their ids make several. */
const isAnswer = (isNamed: boolean): string =>
  `m."sessionId" = $1 AND m."toolCallId" = $3 AND m.role = 'tool'${isNamed ? ' AND m.id = $7' : ''}`;

// Which of several answers is meant: the newest that holds what is expected, else the newest without content, else the
// newest. Before those come answers in which a retry finds what its first try wrote: one that holds the content when no
// other holds what is expected, and the one that changed last when all have content.
const meant = `
  SELECT answer.* FROM (
    SELECT m.*, m.revision > m."appendedRevision" AND m.revision = max(m.revision) OVER () AS "isLast" FROM answers m
  ) answer
  ORDER BY CASE
    WHEN NOT $5::boolean AND answer.content IS NOT DISTINCT FROM $6::text THEN 0
    WHEN NOT $5::boolean AND answer.content = $4::text THEN 1
    WHEN answer.content IS NULL THEN 2
    WHEN answer."isLast" AND answer.content = $4::text THEN 3
    ELSE 4
  END, answer.sequence DESC LIMIT 1`;

// First the row lock of the session, as in an append, so that revisions are given in the order of commits; then those
// of the answers, which are judged in their newest versions; and the session is moved on only if one did change. An
// update that waits for the session knows the answers that were there when it began, since a statement does not see
// rows that come meanwhile.
const update = statements<Variant>(keyOf, ({ columns, isNamed }) =>
  statement(
    'update_tool_content',
    `WITH session AS (
         SELECT s.id, s.revision + 1 AS revision, GREATEST(s."updatedAt", statement_timestamp()) AS "updatedAt"
         FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
       ), answers AS (
         SELECT m.id, m.sequence, m.content, m.revision, m."appendedRevision"
         FROM session JOIN "ChatMessage" m ON m."sessionId" = session.id
         WHERE ${isAnswer(isNamed)} FOR UPDATE OF m
       ), meant AS (${meant}
       ), changed AS (
         UPDATE "ChatMessage" m SET content = $4, revision = session.revision, "updatedAt" = session."updatedAt"
         FROM session, meant
         WHERE m."sessionId" = session.id AND m.id = meant.id AND meant.content IS DISTINCT FROM $4
           AND ($5 OR meant.content IS NOT DISTINCT FROM $6)
         RETURNING m.*
       ), moved AS (
         UPDATE "ChatSession" s SET
           revision = changed.revision, "updatedAt" = changed."updatedAt", ${moveInList}
         FROM changed WHERE s.id = changed."sessionId" RETURNING s.id
       )
       SELECT ${columnList('m', columns)} FROM changed m JOIN moved ON moved.id = m."sessionId"`,
  ),
);

/**
 * Writes the result of a tool call into the message of role tool that answers it.
 *
 * @returns the changed message; null when there is none, when it holds something unexpected, or when it holds
 *   this content already: `readToolAnswer` tells which
 */
export async function writeToolContent(
  database: Queryable,
  owner: string | null,
  request: ToolContent,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const rows = await database.query<ChatMessageRow>(
    update(variantOf(request, columns)),
    valuesOf(owner, request),
  );
  return rows[0] ?? null;
}

const read = statements<Variant>(keyOf, ({ columns, isNamed }) =>
  statement(
    'tool_answer',
    `WITH answers AS (
         SELECT m.* FROM "ChatMessage" m
         JOIN "ChatSession" s ON s.id = m."sessionId" AND ${visible('s', '$2')}
         WHERE ${isAnswer(isNamed)}
       ), meant AS (${meant}
       )
       SELECT ${columnList('m', columns)}, m.content FROM meant m`,
  ),
);

/** The message that such an update means, with its content; null when there is none. */
export async function readToolAnswer(
  database: Queryable,
  owner: string | null,
  request: ToolContent,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  const rows = await database.query<ChatMessageRow>(
    read(variantOf(request, columns)),
    valuesOf(owner, request),
  );
  return rows[0] ?? null;
}

function variantOf({ messageId }: ToolContent, columns: readonly ChatMessageColumn[]): Variant {
  return { columns, isNamed: messageId != null };
}

function valuesOf(owner: string | null, request: ToolContent): readonly unknown[] {
  const { sessionId, toolCallId, messageId, content, expectedContent } = request;
  return [
    sessionId,
    owner,
    toolCallId,
    content,
    expectedContent === undefined,
    expectedContent ?? null,
    ...(messageId == null ? [] : [messageId]),
  ];
}
