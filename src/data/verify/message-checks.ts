import { ownerHash } from '../statement.js';
import { sqlCheck, type Check } from './check.js';

// The JSON that ledger/append.ts makes of the body of a message, from which bodyHash comes. PostgreSQL escapes the
// characters of a text as JSON.stringify does; what is stored as JSON is the text that was sent.
const body = `'{"role":' || to_json(m.role::text)
    || ',"content":' || COALESCE(to_json(m.content)::text, 'null')
    || ',"name":' || COALESCE(to_json(m.name)::text, 'null')
    || ',"toolCallId":' || COALESCE(to_json(m."toolCallId")::text, 'null')
    || ',"refusal":' || COALESCE(to_json(m.refusal)::text, 'null')
    || ',"toolCalls":' || COALESCE(m."toolCalls"::text, 'null')
    || ',"functionCall":' || COALESCE(m."functionCall"::text, 'null') || '}'`;

/** SQL for the tool calls of a message as rows, whatever stands in the place of the list. */
const toolCalls = `json_array_elements(
    CASE json_typeof(m."toolCalls") WHEN 'array' THEN m."toolCalls" ELSE '[]' END
  ) AS call`;

/** What must hold of messages. */
export const messageChecks: readonly Check[] = [
  sqlCheck(
    { name: 'messages-without-session', severity: 'fault', what: 'the session of the message is not there' },
    `SELECT m."sessionId", m.id AS "messageId" FROM "ChatMessage" m
     WHERE NOT EXISTS (SELECT FROM "ChatSession" s WHERE s.id = m."sessionId")`,
  ),
  sqlCheck(
    {
      name: 'sequences',
      severity: 'fault',
      what: 'several messages of the session have this sequence, or it is negative',
    },
    `SELECT m."sessionId", m.sequence, count(*)::int AS messages FROM "ChatMessage" m
     GROUP BY m."sessionId", m.sequence HAVING count(*) > 1 OR m.sequence < 0`,
  ),
  sqlCheck(
    {
      name: 'message-revisions',
      severity: 'fault',
      what: 'the message changed before it came, beyond the revision of its session, or before that came into being',
    },
    `SELECT m."sessionId", m.id AS "messageId", m."appendedRevision", m.revision,
       s.revision AS "sessionRevision", s."createdRevision"
     FROM "ChatMessage" m JOIN "ChatSession" s ON s.id = m."sessionId"
     WHERE m."appendedRevision" <= s."createdRevision" OR m."appendedRevision" > m.revision OR m.revision > s.revision`,
  ),
  // Watchers resume after a revision, so all that has the same one must have happened at once. The messages of an
  // append have the same time, too. The session's own changes are left out: those that the migration to live changes
  // took for its own may be others.
  sqlCheck(
    {
      name: 'shared-revisions',
      severity: 'fault',
      what: 'several changes of the session have this revision, so that watchers could miss one',
    },
    `SELECT "sessionId", revision, count(*)::int AS changes FROM (
       SELECT m."sessionId", m."appendedRevision" AS revision FROM "ChatMessage" m
       GROUP BY m."sessionId", m."appendedRevision", m."createdAt"
       UNION ALL
       SELECT m."sessionId", m.revision FROM "ChatMessage" m WHERE m.revision > m."appendedRevision"
       UNION ALL
       SELECT m."sessionId", c.revision FROM "ChatMessageChunk" c
       JOIN "ChatMessage" m ON m."sessionId" = c."sessionId" AND m.id = c."messageId"
       WHERE c.revision > m."appendedRevision"
     ) change
     GROUP BY "sessionId", revision HAVING count(*) > 1`,
  ),
  sqlCheck(
    {
      name: 'message-times',
      severity: 'fault',
      what: 'the message came before its session, changed before it came, or after the last change of its session',
    },
    `SELECT m."sessionId", m.id AS "messageId" FROM "ChatMessage" m JOIN "ChatSession" s ON s.id = m."sessionId"
     WHERE m."createdAt" < s."createdAt" OR m."updatedAt" < m."createdAt" OR m."updatedAt" > s."updatedAt"`,
  ),
  sqlCheck(
    {
      name: 'hashes',
      severity: 'fault',
      what: 'a hash of the message is no SHA-256, so that retries are not known again',
    },
    `SELECT m."sessionId", m.id AS "messageId",
       octet_length(m."bodyHash") AS "bodyHashBytes", octet_length(m."finishHash") AS "finishHashBytes"
     FROM "ChatMessage" m WHERE octet_length(m."bodyHash") <> 32 OR octet_length(m."finishHash") <> 32`,
  ),
  sqlCheck(
    {
      name: 'owner-hashes',
      severity: 'fault',
      what: 'the hash of the owner is that of somebody else, so that node(id) does not find the message',
    },
    `SELECT m."sessionId", m.id AS "messageId" FROM "ChatMessage" m JOIN "ChatSession" s ON s.id = m."sessionId"
     WHERE m."ownerHash" <> ${ownerHash('s."userId"')}`,
  ),
  // Only what nobody has changed since can be compared. Revisions alone do not show that: those that changed before
  // the migration to live changes have the one of their change in both places.
  sqlCheck(
    { name: 'bodies', severity: 'fault', what: 'the message does not hold what was appended' },
    `SELECT m."sessionId", m.id AS "messageId", m.sequence FROM "ChatMessage" m
     WHERE m.status = 'complete' AND m."finishHash" IS NULL
       AND m.revision = m."appendedRevision" AND m."updatedAt" = m."createdAt"
       AND octet_length(m."bodyHash") = 32 AND m."bodyHash" <> sha256(convert_to(${body}, 'UTF8'))`,
  ),
  sqlCheck(
    {
      name: 'message-json',
      severity: 'fault',
      what: 'toolCalls of the message is no list of JSON objects, or functionCall is no JSON object',
    },
    `SELECT m."sessionId", m.id AS "messageId" FROM "ChatMessage" m
     WHERE json_typeof(m."functionCall") <> 'object' OR json_typeof(m."toolCalls") <> 'array'
       OR EXISTS (SELECT FROM ${toolCalls} WHERE json_typeof(call) <> 'object')`,
  ),
  // The sweeper fails messages without a hash; whoever finishes one leaves it. Both are changes.
  sqlCheck(
    {
      name: 'statuses',
      severity: 'fault',
      what: 'what the message holds does not go with its status',
    },
    `SELECT m."sessionId", m.id AS "messageId", m.status::text AS status FROM "ChatMessage" m
     WHERE CASE m.status
         WHEN 'in_progress' THEN m.revision > m."appendedRevision" OR m."finishHash" IS NOT NULL
           OR num_nonnulls(m.content, m."toolCallId", m.refusal, m."toolCalls", m."functionCall") > 0
         WHEN 'complete' THEN m."finishHash" IS NOT NULL AND m.revision = m."appendedRevision"
         WHEN 'failed' THEN m.revision = m."appendedRevision"
         WHEN 'cancelled' THEN m.revision = m."appendedRevision" OR m."finishHash" IS NULL
       END
       OR (m.role <> 'assistant' AND (m.status <> 'complete' OR m."finishHash" IS NOT NULL))`,
  ),
  // Conversations from outside may begin in the middle, and nobody is made to append a call before its answer.
  sqlCheck(
    {
      name: 'unknown-tool-calls',
      severity: 'notice',
      what: 'the message answers a tool call that no earlier message of its session makes',
    },
    `SELECT m."sessionId", m.id AS "messageId", m.sequence
     FROM "ChatMessage" m LEFT JOIN (
       SELECT m."sessionId", call->>'id' AS id, min(m.sequence) AS sequence
       FROM "ChatMessage" m CROSS JOIN LATERAL ${toolCalls}
       GROUP BY m."sessionId", call->>'id'
     ) made ON made."sessionId" = m."sessionId" AND made.id = m."toolCallId"
     WHERE m."toolCallId" IS NOT NULL AND (made.sequence IS NULL OR made.sequence >= m.sequence)`,
  ),
];
