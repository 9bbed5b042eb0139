import { sqlCheck, type Check } from './check.js';

/** SQL for the length of a text in UTF-16 code units: two for each character beyond the basic plane. */
function codeUnits(text: string): string {
  return `(char_length(${text}) + regexp_count(${text}, '[\\U00010000-\\U0010ffff]'))`;
}

/** What must hold of messages that are being written. */
export const streamChecks: readonly Check[] = [
  sqlCheck(
    {
      name: 'open-messages',
      severity: 'fault',
      what: 'the message is IN_PROGRESS, and has no stream that could be continued or fail',
    },
    `SELECT m."sessionId", m.id AS "messageId" FROM "ChatMessage" m
     WHERE m.status = 'in_progress'
       AND NOT EXISTS (SELECT FROM "ChatMessageStream" st WHERE st."sessionId" = m."sessionId" AND st."messageId" = m.id)`,
  ),
  sqlCheck(
    {
      name: 'streams',
      severity: 'fault',
      what: 'the stream has no message IN_PROGRESS in its session',
    },
    `SELECT st."sessionId", st."messageId" FROM "ChatMessageStream" st
     LEFT JOIN "ChatMessage" m ON m."sessionId" = st."sessionId" AND m.id = st."messageId"
     WHERE m.status IS DISTINCT FROM 'in_progress'`,
  ),
  sqlCheck(
    { name: 'chunks-without-stream', severity: 'fault', what: 'the piece of a text belongs to no stream' },
    `SELECT c."sessionId", c."messageId", c.revision FROM "ChatMessageChunk" c
     WHERE NOT EXISTS (
       SELECT FROM "ChatMessageStream" st WHERE st."sessionId" = c."sessionId" AND st."messageId" = c."messageId"
     )`,
  ),
  sqlCheck(
    {
      name: 'stream-texts',
      severity: 'fault',
      what: 'the pieces of the text do not stand one behind the other, or are not what the stream says they are',
    },
    `WITH piece AS (
       SELECT c."sessionId", c."messageId", c.revision, c."offset",
         octet_length(c.delta) AS bytes, ${codeUnits('c.delta')} AS units
       FROM "ChatMessageChunk" c
     ), placed AS (
       SELECT piece.*,
         sum(units) OVER (
           PARTITION BY "sessionId", "messageId" ORDER BY revision ROWS UNBOUNDED PRECEDING
         ) - units AS place
       FROM piece
     ), whole AS (
       SELECT "sessionId", "messageId", sum(units)::int AS length, sum(bytes)::int AS bytes,
         bool_and("offset" = place) AS contiguous, min(revision) AS first, max(revision) AS last
       FROM placed GROUP BY "sessionId", "messageId"
     )
     SELECT m."sessionId", st."messageId", st.length, st.bytes, st.revision,
       COALESCE(whole.length, 0) AS "lengthOfPieces", COALESCE(whole.bytes, 0) AS "bytesOfPieces",
       whole.last AS "revisionOfPieces", COALESCE(whole.contiguous, true) AS contiguous
     FROM "ChatMessageStream" st
     JOIN "ChatMessage" m ON m."sessionId" = st."sessionId" AND m.id = st."messageId"
     JOIN "ChatSession" s ON s.id = m."sessionId"
     LEFT JOIN whole ON whole."sessionId" = st."sessionId" AND whole."messageId" = st."messageId"
     WHERE m.status = 'in_progress'
       AND (st.length <> COALESCE(whole.length, 0) OR st.bytes <> COALESCE(whole.bytes, 0) OR NOT whole.contiguous
         OR st.revision <> COALESCE(whole.last, m."appendedRevision") OR st.revision > s.revision
         OR whole.first < m."appendedRevision")`,
  ),
];
