import { readFile } from 'node:fs/promises';
import { makeText, randomSeries, shape, textLength, userId } from './shape.js';

/** Different texts in the data set. */
const texts = 5_000;

/** Users whose messages are made by one statement: what it sorts grows with them. */
const usersAtOnce = 200;

/**
 * Fills a migrated database. PostgreSQL makes the rows, because sending 400,000 of them takes longer.
 * Messages lie session by session: assistant messages call a tool every fourth time, and the message after each such
 * one is the tool's answer.
 *
 * @param users how many there are afterwards; `from`: how many there were before
 */
export async function loadData(client, { from = 0, users = shape.users } = {}) {
  // No contender but Chatledger knows this column. A default of the same size keeps rows equally long.
  await client.query(
    `ALTER TABLE "ChatMessage" ALTER "bodyHash" SET DEFAULT decode(repeat('00', 32), 'hex')`,
  );
  await client.query(
    `INSERT INTO "ChatSession" (id, "userId", title, "messageCount", "nextSequence", revision, "createdAt", "updatedAt")
     SELECT md5('session ' || u || ' ' || s)::uuid, 'user-' || u, 'Session ' || s || ' of user ' || u, $3, $3, 1,
       timestamptz '2026-01-01 00:00Z' + s * interval '1 day' + u * interval '1 minute',
       timestamptz '2026-01-01 01:00Z' + s * interval '1 day' + u * interval '1 minute'
     FROM generate_series($4::int, $1::int - 1) u, generate_series(0, $2::int - 1) s`,
    [users, shape.sessionsOfUser, shape.messagesOfSession, from],
  );
  for (let first = from; first < users; first += usersAtOnce) {
    const count = Math.min(usersAtOnce, users - first);
    await fillSessions(
      client,
      Array.from({ length: count }, (_, n) => userId(first + n)),
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.query('CHECKPOINT');
}

/** Gives each session of these users as many messages as its row counts, at its revisions from 1 on, or all at 1. */
export async function fillSessions(client, users) {
  await client.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, "toolCallId", "toolCalls", revision,
       "appendedRevision", "createdAt", "updatedAt")
     SELECT md5(s.id::text || n)::uuid, s.id, n,
       (CASE n % 4 WHEN 0 THEN 'user' WHEN 2 THEN 'tool' ELSE 'assistant' END)::"ChatMessageRole",
       corpus.text, CASE n % 4 WHEN 2 THEN 'call_' || n - 1 END,
       CASE n % 4 WHEN 1 THEN json_build_array(json_build_object('id', 'call_' || n, 'type', 'function', 'function',
         json_build_object('name', 'search', 'arguments', '{"query":"' || left(corpus.text, 40) || '"}'))) END,
       LEAST(n + 1, s.revision), LEAST(n + 1, s.revision),
       s."createdAt" + n * interval '1 minute', s."createdAt" + n * interval '1 minute'
     FROM "ChatSession" s CROSS JOIN LATERAL generate_series(0, s."messageCount" - 1) n
     JOIN unnest($2::text[]) WITH ORDINALITY corpus(text, number)
       ON corpus.number = 1 + abs(hashtext(s.id::text || ' ' || n)::bigint) % cardinality($2::text[])
     WHERE s."userId" = ANY($1)
     ORDER BY s."createdAt", s.id, n`,
    [users, makeCorpus()],
  );
}

function makeCorpus() {
  const random = randomSeries(7);
  const [shortest, longest] = textLength;
  return Array.from({ length: texts }, () =>
    makeText(shortest + Math.floor(random() * (longest - shortest)), random),
  );
}

/** The functions of which PostGraphile makes its mutations. Where PostgreSQL can make ids of version 7, they do. */
export async function installAppendFunctions(client) {
  const text = await readFile(new URL('append-functions.sql', import.meta.url), 'utf8');
  const { rows } = await client.query("SELECT to_regproc('uuidv7') IS NOT NULL AS found");
  await client.query(rows[0].found ? text.replace('gen_random_uuid()', 'uuidv7()') : text);
}

/** Takes away what was appended, and the room that it took, so that each cell starts from the same data. */
export async function restoreData(client) {
  await client.query('DELETE FROM "ChatMessage" WHERE sequence >= $1', [shape.messagesOfSession]);
  await client.query(
    `UPDATE "ChatSession" SET "messageCount" = $1, "nextSequence" = $1, revision = 1,
       "updatedAt" = "createdAt" + interval '1 hour' WHERE "nextSequence" <> $1`,
    [shape.messagesOfSession],
  );
  await client.query('VACUUM "ChatSession", "ChatMessage"');
  await client.query('CHECKPOINT');
}
