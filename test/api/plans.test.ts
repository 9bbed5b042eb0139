import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '../../src/data/database.js';
import { chatMessageColumns } from '../../src/data/rows.js';
import {
  deleteSession,
  findOwner,
  hasSession,
  insertSession,
} from '../../src/data/queries/session-lifetime.js';
import {
  findStoredCredentials,
  replaceStoredCredentials,
} from '../../src/data/queries/stored-credentials.js';
import { wasDeleted } from '../../src/data/queries/tombstones.js';
import type { StoredCredentials } from '../../src/data/row-values.js';
import { ownerHash } from '../../src/data/statement.js';
import { findConflicts } from '../../src/data/statements/append-messages.js';
import { readMessage, readMessages } from '../../src/data/statements/by-id.js';
import { readChanges } from '../../src/data/statements/changes.js';
import { readListMoves, readMovedUsers } from '../../src/data/statements/list-moves.js';
import { explain, planCases, type PlanMode, type Scan, type SentStatement } from '../support/plans.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

// Connections plan a prepared statement for its values at first and soon once for all; statements that are not prepared
// are planned for their values each time. Each plan must be good for the session of an agent that has run for months,
// also when the planner takes it for one of the many short ones.

const user = 'somebody who was here for years';
const long = {
  sessionId: randomUUID(),
  messages: 100_000,
  changed: 5_000,
  answer: randomUUID(),
  chunks: 5_000,
};
const sessions = 20_000;
/** Ids that many sessions have a message of; without hashes as the version before wrote them. */
const copied = { id: randomUUID(), idWithoutHashes: randomUUID(), stranger: 'user 1' };
const begin = new Date('2026-01-01T00:00:00Z');

let stored: TestDatabase;
let database: Database;
const sent: SentStatement[] = [];
beforeAll(async () => {
  stored = await createTestDatabase();
  database = openDatabase({ url: stored.url, onStatement: (text, values) => sent.push({ text, values }) });
  await fill(stored.sql);
});
afterAll(async () => {
  await database.close();
  await stored.drop();
});

describe.each(planCases)('%s, %s:', (_name, mode, prepare) => {
  beforeAll(() => stored.sql.query(prepare));

  test.each([
    ['the beginning', 0],
    ['the middle', long.messages / 2],
    ['the last appends', long.messages - 10],
    ['the last changes', long.messages + long.changed - 10],
    ['an answer that grows', long.messages + long.changed + 10],
    ['the end', long.messages + long.changed + long.chunks],
  ])('the changes of a long session after %s are read in order of an index', async (_place, after) => {
    const stretch = { after, revisions: 200, bytes: 1_000_000 };
    const scans = await scansOf(mode, (plans) =>
      readChanges(plans, user, long.sessionId, stretch, chatMessageColumns),
    );
    expect(scans.filter(({ rows }) => rows > 700)).toEqual([]);
    expect(scans.filter(({ node, table }) => node === 'Seq Scan' && table === 'ChatMessage')).toEqual([]);
  });

  test.each([
    ['of messages that are there', null, 'known'],
    ['of messages whose ids stand for nothing', 50_000, 'new'],
  ])(
    'what stands in the way of an append %s to a long session is found by indexes',
    async (_of, place, ids) => {
      const { rows } = await stored.sql.query<{ id: string }>(
        'SELECT id FROM "ChatMessage" WHERE "sessionId" = $1 AND sequence BETWEEN 50000 AND 50004 ORDER BY sequence',
        [long.sessionId],
      );
      const messages = rows.map(({ id }) => ({
        id: ids === 'known' ? id : randomUUID(),
        body: '{}',
        bodyHash: '',
      }));
      expect(messages).toHaveLength(5);
      const append = { sessionId: long.sessionId, startSequence: place, messages, clientIds: [] };
      const scans = await scansOf(mode, (plans) => findConflicts(plans, user, append, chatMessageColumns));
      expect(scans.filter(({ rows }) => rows > 10)).toEqual([]);
      expect(scans.filter(({ node, table }) => node === 'Seq Scan' && table === 'ChatMessage')).toEqual([]);
    },
  );

  test('messages are found by their ids alone, and by their sessions and ids, through indexes', async () => {
    const { rows } = await stored.sql.query<{ id: string }>(
      'SELECT id FROM "ChatMessage" WHERE "sessionId" = $1 AND sequence BETWEEN 50000 AND 50004 ORDER BY sequence',
      [long.sessionId],
    );
    const ids = rows.map(({ id }) => id);
    expect(ids).toHaveLength(5);
    for (const read of [
      (plans: Database) => readMessages(plans, user, [...ids, randomUUID()], chatMessageColumns),
      (plans: Database) =>
        readMessage(plans, user, { sessionId: long.sessionId, messageId: ids[0] ?? '' }, chatMessageColumns),
    ]) {
      const scans = await scansOf(mode, read);
      expect(scans.filter(({ rows }) => rows > 10)).toEqual([]);
      // There is but one stream.
      const ofMany = scans.filter(({ table }) => table !== 'ChatMessageStream');
      expect(ofMany.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
    }
  });

  test.each([
    ['its owner', user],
    ['who filled many sessions with it', copied.stranger],
    ['somebody who has none', 'nobody'],
    ['a service', null],
  ])('a message is found for %s by an id that many sessions have', async (_who, owner) => {
    const ids = [copied.id, copied.idWithoutHashes];
    const scans = await scansOf(mode, (plans) => readMessages(plans, owner, ids, chatMessageColumns));
    expect(scans.filter(({ rows }) => rows > 60)).toEqual([]);
    const ofMany = scans.filter(({ table }) => table !== 'ChatMessageStream');
    expect(ofMany.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
  });

  test.each([
    ['the beginning', { next: 1, open: [] }],
    ['the middle', { next: sessions / 2, open: [] }],
    ['the last moves', { next: sessions - 10, open: [] }],
    ['what is over but for some', { next: sessions - 10, open: [7, 70, 700, 7_000] }],
  ])(
    'the moves of a user who has many sessions after %s are read in order of indexes',
    async (_place, told) => {
      const scans = await scansOf(mode, (plans) => readListMoves(plans, user, told, 100));
      expect(scans.filter(({ rows }) => rows > 110)).toEqual([]);
      expect(scans.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
    },
  );

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['a creation', (id) => insertSession(database, ofUser(id), true)],
    ['a creation that was made before', () => insertSession(database, ofUser(long.sessionId), true)],
    ['a session', () => hasSession(database, user, long.sessionId)],
    ['the credentials of a session', () => findStoredCredentials(database, user, long.sessionId)],
    ['credentials that are replaced', (id) => createAndReplace(id)],
    ['the owner of a session', () => findOwner(database, long.sessionId)],
    ['a deletion', (id) => createAndDelete(user, id)],
    ['a deletion by a service', (id) => createAndDelete(null, id)],
    ['a return', (id) => createAndDelete(user, id).then(() => insertSession(database, ofUser(id), true))],
    ['a tombstone', (id) => wasDeleted(database, user, id)],
    ['a tombstone, for a service', (id) => wasDeleted(database, null, id)],
  ])('Prisma finds what it needs for %s by its key, not through what a user has', async (_what, run) => {
    const scans = await scansOfPrisma(mode, () => run(randomUUID()));
    const keys = ['ChatSession_pkey', 'DeletedChatSession_pkey'];
    // What an index has found is fetched by a step of its own here.
    const found = scans.filter(({ node }) => node !== 'Bitmap Heap Scan');
    expect(found.filter(({ index }) => !keys.includes(index ?? ''))).toEqual([]);
    expect(scans.filter(({ rows }) => rows > 1)).toEqual([]);
  });

  test('whether anything moved is found without reading what did', async () => {
    const watched = Array.from({ length: 50 }, (_, n) => ({
      id: n === 0 ? user : `user ${2 * n + 1}`,
      next: n % 2 === 0 ? 1 : sessions,
      open: [7, 70, 700],
    }));
    const scans = await scansOf(mode, (plans) => readMovedUsers(plans, watched));
    expect(scans.filter(({ rows }) => rows > 60)).toEqual([]);
    expect(scans.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
  });
});

/** The scans by which the statement is answered that `read` sends. */
async function scansOf(
  mode: PlanMode,
  read: (database: Database) => Promise<unknown>,
): Promise<readonly Scan[]> {
  const sent: SentStatement[] = [];
  await read({
    ...database,
    query: (statement, values) => {
      if (!statement.name.startsWith('epoch_part:')) sent.push({ text: statement.text, values });
      return database.query(statement, values);
    },
  });
  const [first] = sent;
  if (!first || sent.length > 1) throw new Error(`Expected one statement: ${JSON.stringify(sent)}`);
  const client = await stored.sql.connect();
  try {
    return (await explain(client, mode, first)).scans;
  } finally {
    client.release();
  }
}

function ofUser(id: string) {
  return { id, userId: user, title: null, credentials: {} as StoredCredentials };
}

async function createAndReplace(id: string): Promise<void> {
  await insertSession(database, ofUser(id), false);
  const { credentials } = ofUser(id);
  expect(await replaceStoredCredentials(database, [{ id, from: credentials, to: credentials }])).toEqual([
    id,
  ]);
}

async function createAndDelete(owner: string | null, id: string): Promise<void> {
  await insertSession(database, ofUser(id), true);
  expect(await deleteSession(database, owner, id)).toBe(true);
}

/** The scans by which the statements are answered that Prisma sends. */
async function scansOfPrisma(mode: PlanMode, run: () => Promise<unknown>): Promise<readonly Scan[]> {
  sent.length = 0;
  await run();
  // What only inserts looks for nothing, and would meet what it has inserted.
  const statements = sent.filter(
    ({ text }) => text.includes('/*prisma=') && (!text.startsWith('INSERT') || text.includes('ON CONFLICT')),
  );
  expect(statements).not.toEqual([]);
  const client = await stored.sql.connect();
  try {
    const scans: Scan[] = [];
    for (const statement of statements) scans.push(...(await explain(client, mode, statement)).scans);
    return scans;
  } finally {
    client.release();
  }
}

async function fill(sql: TestDatabase['sql']): Promise<void> {
  const { sessionId, messages, changed, answer, chunks } = long;
  // Nobody gathers statistics in between.
  for (const table of ['ChatSession', 'ChatMessage', 'ChatMessageChunk', 'DeletedChatSession'])
    await sql.query(`ALTER TABLE "${table}" SET (autovacuum_enabled = off)`);
  // Transactions that these may have been written in: each block that catches errors takes an id.
  await sql.query(
    `DO $$ BEGIN
       CREATE TABLE written (n int);
       FOR n IN 1 .. ${sessions} LOOP
         BEGIN INSERT INTO written VALUES (n); EXCEPTION WHEN division_by_zero THEN NULL; END;
       END LOOP;
       DROP TABLE written;
     END $$`,
  );
  // Sessions of other users are among those of this one, all of them with a few messages.
  await sql.query(
    `INSERT INTO "ChatSession" (id, "userId", "messageCount", "nextSequence", revision, "updatedAt", "listTransaction")
     SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN $1 ELSE 'user ' || n % 100 END, 3, 3, 3,
       $2::timestamptz + n / 2 * interval '1 minute', n / 2
     FROM generate_series(1, 2 * $3::int) n`,
    [user, begin, sessions],
  );
  await sql.query(
    `INSERT INTO "DeletedChatSession" (id, "userId", revision, "deletedAt", "listTransaction")
     SELECT gen_random_uuid(), "userId", 4, "updatedAt", "listTransaction" FROM "ChatSession"`,
  );
  await sql.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), id, n, 'user', 'short', n + 1, n + 1, '', now(), now()
     FROM "ChatSession", generate_series(0, 2) n`,
  );
  // The revisions of the long one: its messages, then contents that changed, then an answer that grows.
  await sql.query(
    `INSERT INTO "ChatSession" (id, "userId", "messageCount", "nextSequence", revision, "updatedAt")
     VALUES ($1, $2, $3::int + 1, $3::int + 1, $4, $5)`,
    [sessionId, user, messages, messages + changed + 1 + chunks, begin],
  );
  await sql.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), $1, n - 1, 'tool', 'long', CASE WHEN n <= $3 THEN $2 + n ELSE n END, n, '', now(), now()
     FROM generate_series(1, $2::int) n`,
    [sessionId, messages, changed],
  );
  await sql.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, revision, "appendedRevision", "bodyHash", "ownerHash", "createdAt", "updatedAt")
     SELECT copied.id, s.id, 3 + copied.place, 'user', 'copied', 4, 4, '',
       CASE WHEN copied.place = 1 THEN ${ownerHash('s."userId"')} END, now(), now()
     FROM "ChatSession" s, unnest($1::uuid[]) WITH ORDINALITY AS copied(id, place)
     WHERE s."userId" = $2 OR s.id IN (SELECT id FROM "ChatSession" WHERE "userId" = $3 LIMIT 1)`,
    [[copied.id, copied.idWithoutHashes], copied.stranger, user],
  );
  const started = messages + changed + 1;
  await sql.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, status, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt")
     VALUES ($1, $2, $3, 'assistant', 'in_progress', $4, $4, '', now(), now())`,
    [answer, sessionId, messages, started],
  );
  await sql.query(
    `INSERT INTO "ChatMessageStream" ("messageId", "sessionId", length, bytes, revision, "updatedAt")
     VALUES ($1, $2, 5 * $3::int, 5 * $3::int, $4::int + $3::int, now())`,
    [answer, sessionId, chunks, started],
  );
  await sql.query(
    `INSERT INTO "ChatMessageChunk" ("sessionId", "messageId", revision, "offset", delta)
     SELECT $4, $1, $3::int + n, 5 * (n - 1), 'delta' FROM generate_series(1, $2::int) n`,
    [answer, chunks, started, sessionId],
  );
}
