import { sqlCheck, type Check } from './check.js';

/** The messages of each session, as far as its own row speaks of them. */
const counted = `(
    SELECT m."sessionId" AS id, count(*)::int AS messages, max(m.sequence) AS last
    FROM "ChatMessage" m GROUP BY m."sessionId"
  )`;

/** What must hold of sessions. */
export const sessionChecks: readonly Check[] = [
  sqlCheck(
    {
      name: 'message-count',
      severity: 'fault',
      what: 'messageCount of the session is not the number of its messages',
    },
    `SELECT s.id AS "sessionId", s."messageCount", COALESCE(counted.messages, 0) AS messages
     FROM "ChatSession" s LEFT JOIN ${counted} counted ON counted.id = s.id
     WHERE s."messageCount" <> COALESCE(counted.messages, 0)`,
  ),
  // Messages are never deleted one by one, and an append that fails gives its numbers back.
  sqlCheck(
    {
      name: 'next-sequence',
      severity: 'fault',
      what: 'nextSequence of the session is not the one after its last message',
    },
    `SELECT s.id AS "sessionId", s."nextSequence", counted.last AS "lastSequence"
     FROM "ChatSession" s LEFT JOIN ${counted} counted ON counted.id = s.id
     WHERE s."nextSequence" <> COALESCE(counted.last + 1, 0)`,
  ),
  // Who chooses sequences may leave some out, and nothing tells afterwards whether anybody did.
  sqlCheck(
    {
      name: 'sequence-gaps',
      severity: 'notice',
      what: 'the session has fewer messages than sequences, as after an append with a sequence of the caller',
    },
    `SELECT counted.id AS "sessionId", counted.messages, counted.last AS "lastSequence"
     FROM ${counted} counted WHERE counted.messages < counted.last + 1`,
  ),
  // A session that came back after its deletion counts that as its first change; what was there before the migration
  // to live changes takes all its changes for its own.
  sqlCheck(
    {
      name: 'session-revisions',
      severity: 'fault',
      what: 'the session has changes of its own beyond its revision, or before it came into being',
    },
    `SELECT s.id AS "sessionId", s.revision, s."ownRevision", s."createdRevision" FROM "ChatSession" s
     WHERE s."createdRevision" < 0 OR s."ownRevision" > s.revision
       OR s."ownRevision" < CASE s."createdRevision" WHEN 0 THEN 0 ELSE s."createdRevision" + 1 END`,
  ),
  sqlCheck(
    { name: 'session-times', severity: 'fault', what: 'the session changed before it was created' },
    `SELECT s.id AS "sessionId" FROM "ChatSession" s WHERE s."createdAt" > s."updatedAt"`,
  ),
  sqlCheck(
    {
      name: 'session-values',
      severity: 'fault',
      what: 'a counter of the session is negative, or a map of it is no JSON object',
    },
    `SELECT s.id AS "sessionId", s."totalPromptTokens", s."totalCompletionTokens",
       jsonb_typeof(s."successfulAgentRuns") AS "successfulAgentRuns",
       jsonb_typeof(s."successfulAgentSchedules") AS "successfulAgentSchedules"
     FROM "ChatSession" s
     WHERE s."totalPromptTokens" < 0 OR s."totalCompletionTokens" < 0
       OR jsonb_typeof(s."successfulAgentRuns") <> 'object' OR jsonb_typeof(s."successfulAgentSchedules") <> 'object'`,
  ),
  // Who followed the session until then would take its first changes for changes they know.
  sqlCheck(
    {
      name: 'deletions',
      severity: 'fault',
      what: 'the session came back after a deletion, and does not go on counting its changes from there',
    },
    `SELECT s.id AS "sessionId", s."createdRevision", d.revision AS "deletedRevision"
     FROM "ChatSession" s JOIN "DeletedChatSession" d ON d.id = s.id AND d."userId" = s."userId"
     WHERE d.revision > s."createdRevision"`,
  ),
];
