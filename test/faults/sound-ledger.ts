import { expect } from '@jest/globals';
import type pg from 'pg';

// Each gives what is wrong. Sequences are those that the server assigned: none of these tests chooses its own.
const faults: Readonly<Record<string, string>> = {
  'counters are not those of the rows': `
    SELECT s.id FROM "ChatSession" s LEFT JOIN "ChatMessage" m ON m."sessionId" = s.id GROUP BY s.id
    HAVING s."messageCount" <> count(m.id) OR s."nextSequence" <> coalesce(max(m.sequence) + 1, 0)`,
  'there is a gap': `
    SELECT "sessionId" FROM "ChatMessage" GROUP BY "sessionId"
    HAVING min(sequence) <> 0 OR max(sequence) <> count(*) - 1`,
  'a sequence is there twice': `
    SELECT "sessionId", sequence FROM "ChatMessage" GROUP BY 1, 2 HAVING count(*) > 1`,
  'a message is there twice': `
    SELECT "sessionId", content FROM "ChatMessage" WHERE content IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1`,
  'a message is ahead of its session': `
    SELECT m.id FROM "ChatMessage" m JOIN "ChatSession" s ON s.id = m."sessionId"
    WHERE m.revision > s.revision OR m."appendedRevision" > m.revision OR m."updatedAt" > s."updatedAt"`,
  'messages are not in order of their revisions': `
    SELECT m.id FROM "ChatMessage" m JOIN "ChatMessage" next
      ON next."sessionId" = m."sessionId" AND next.sequence = m.sequence + 1
    WHERE next."appendedRevision" < m."appendedRevision" OR next."createdAt" < m."createdAt"`,
  'a message has no session': `
    SELECT m.id FROM "ChatMessage" m LEFT JOIN "ChatSession" s ON s.id = m."sessionId" WHERE s.id IS NULL`,
  'a message is in progress and nobody writes it, or the other way round': `
    SELECT coalesce(m.id, st."messageId") FROM "ChatMessage" m
    FULL JOIN "ChatMessageStream" st ON st."sessionId" = m."sessionId" AND st."messageId" = m.id
    WHERE (m.status = 'in_progress') IS DISTINCT FROM (st."messageId" IS NOT NULL)`,
};

/** What must hold of the tables whatever has happened: no gap, nothing twice, counters equal to rows. */
export async function expectSoundLedger(sql: pg.Pool): Promise<void> {
  const found: Record<string, unknown[]> = {};
  for (const [fault, query] of Object.entries(faults)) {
    const { rows } = await sql.query<Record<string, unknown>>(query);
    if (rows.length > 0) found[fault] = rows;
  }
  expect(found).toEqual({});
}
