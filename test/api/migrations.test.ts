import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { migrate } from '../support/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const directory = 'prisma/migrations';

async function migrationNames(): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

describe('migrate', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  const history = async () => {
    const { rows } = await database.sql.query(
      `SELECT migration_name AS name, finished_at IS NOT NULL AND rolled_back_at IS NULL AS applied
       FROM _prisma_migrations ORDER BY started_at`,
    );
    return rows as { name: string; applied: boolean }[];
  };

  test('applies every migration to an empty database, and then nothing more', async () => {
    const names = await migrationNames();
    expect(await migrate(database.url)).toEqual(names);
    expect(await migrate(database.url)).toEqual([]);
    expect(await history()).toEqual(names.map((name) => ({ name, applied: true })));
  });

  test('from many processes at once is applied by one, and all go on', async () => {
    const names = await migrationNames();
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(applied.filter((each) => each.length > 0)).toEqual([names]);
    expect(await history()).toEqual(names.map((name) => ({ name, applied: true })));
  });
});

test('live_changes takes what was stored before for appended and updated at its last change', async () => {
  const database = await createEmptyDatabase();
  const apply = async (name: string) => {
    await database.sql.query(await readFile(`${directory}/${name}/migration.sql`, 'utf8'));
  };
  try {
    const names = await migrationNames();
    const at = names.findIndex((name) => name.endsWith('_live_changes'));
    for (const name of names.slice(0, at)) await apply(name);
    const id = randomUUID();
    await database.sql.query(`INSERT INTO "ChatSession" (id, "userId", revision) VALUES ($1, 'user', 7)`, [
      id,
    ]);
    await database.sql.query(
      `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, revision, "bodyHash", "createdAt", "updatedAt")
       VALUES ($1, $2, 0, 'tool', 5, '', now(), now())`,
      [randomUUID(), id],
    );
    await apply(names[at] ?? '');
    const { rows } = await database.sql.query(
      `SELECT s."ownRevision", s."createdRevision", m."appendedRevision", m.revision, m.status::text
       FROM "ChatSession" s JOIN "ChatMessage" m ON m."sessionId" = s.id`,
    );
    expect(rows).toEqual([
      { ownRevision: 7, createdRevision: 0, appendedRevision: 5, revision: 5, status: 'complete' },
    ]);
  } finally {
    await database.drop();
  }
});

describe('session_keys', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  const apply = async (name: string) => {
    const script = await readFile(`${directory}/${name}/migration.sql`, 'utf8');
    for (const text of script.includes('CONCURRENTLY') ? script.split(';') : [script])
      await database.sql.query(text);
  };
  const messageColumns =
    'id, "sessionId", sequence, role, status, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt"';

  /** As the version before did it: a chunk has no session. */
  async function startAnswer(session: string, message: string, sequence: number): Promise<void> {
    await database.sql.query(
      `WITH message AS (
         INSERT INTO "ChatMessage" (${messageColumns})
         VALUES ($1, $2, $3, 'assistant', 'in_progress', 1, 1, '', now(), now()) RETURNING *
       ), stream AS (
         INSERT INTO "ChatMessageStream" ("messageId", "sessionId", length, bytes, revision, "updatedAt")
         SELECT id, "sessionId", 1, 1, revision, now() FROM message
       ), chunk AS (
         INSERT INTO "ChatMessageChunk" ("messageId", revision, "offset", delta)
         SELECT id, revision, 0, 'a' FROM message
       )
       SELECT FROM message`,
      [message, session, sequence],
    );
  }
  async function extendAnswer(message: string): Promise<void> {
    await database.sql.query(
      `INSERT INTO "ChatMessageChunk" ("messageId", revision, "offset", delta) VALUES ($1, 2, 1, 'b')`,
      [message],
    );
  }
  const chunks = async () => {
    const { rows } = await database.sql.query(
      'SELECT "sessionId", "messageId", revision, delta FROM "ChatMessageChunk" ORDER BY revision',
    );
    return rows as unknown[];
  };
  async function newSession(): Promise<string> {
    const id = randomUUID();
    await database.sql.query(`INSERT INTO "ChatSession" (id, "userId") VALUES ($1, 'user')`, [id]);
    return id;
  }

  test('keeps what was stored, and what the version before writes on', async () => {
    const names = await migrationNames();
    const at = names.findIndex((name) => name.endsWith('_session_keys'));
    const [columns = '', indexes = '', keys = ''] = names.slice(at);
    for (const name of names.slice(0, at)) await apply(name);
    const [session, whole, growing] = [await newSession(), randomUUID(), randomUUID()];
    await database.sql.query(
      `INSERT INTO "ChatMessage" (${messageColumns}) VALUES ($1, $2, 0, 'user', 'complete', 1, 1, '', now(), now())`,
      [whole, session],
    );
    await startAnswer(session, growing, 1);
    const stored = async () =>
      (await database.sql.query('SELECT * FROM "ChatMessage" ORDER BY sequence')).rows as object[];
    const before = await stored();

    // Between the steps it goes on as ever.
    const between: string[] = [];
    for (const [n, step] of [columns, indexes].entries()) {
      await apply(step);
      const message = randomUUID();
      await startAnswer(session, message, 2 + n);
      await expect(startAnswer(await newSession(), message, 0)).rejects.toMatchObject({ code: '23505' });
      between.push(message);
    }
    await apply(keys);
    expect((await stored()).slice(0, 2)).toEqual(before.map((row) => ({ ...row, ownerHash: null })));
    expect(await chunks()).toEqual(
      expect.arrayContaining(
        [growing, ...between].map((messageId) => ({
          sessionId: session,
          messageId,
          revision: 1,
          delta: 'a',
        })),
      ),
    );

    // And beside the new keys.
    const other = await newSession();
    const later = randomUUID();
    await startAnswer(other, later, 0);
    for (const messageId of [growing, later]) await extendAnswer(messageId);
    expect(await chunks()).toEqual(
      expect.arrayContaining([
        { sessionId: session, messageId: growing, revision: 2, delta: 'b' },
        { sessionId: other, messageId: later, revision: 1, delta: 'a' },
        { sessionId: other, messageId: later, revision: 2, delta: 'b' },
      ]),
    );
    await expect(startAnswer(session, growing, 4)).rejects.toMatchObject({ constraint: 'ChatMessage_pkey' });
    // What is no message can't have a chunk.
    await expect(extendAnswer(randomUUID())).rejects.toMatchObject({ code: '23502' });
    await database.sql.query('DELETE FROM "ChatSession" WHERE id = $1', [session]);
    expect(await chunks()).toHaveLength(2);
  });

  test('builds its indexes again after they were cut off, while others wait to migrate', async () => {
    // An index that is built concurrently waits for those who have read before, as a dump has.
    const reader = await database.sql.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    let cutOff = 0;
    /** Whether a process builds an index that was not cut off. */
    const builds = async () => {
      const { rows } = await database.sql.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'virtualxid'
         AND query LIKE 'CREATE UNIQUE INDEX CONCURRENTLY%' AND pid <> $1`,
        [cutOff],
      );
      return rows[0]?.pid ?? 0;
    };
    const first = migrate(database.url).then(
      () => 'done',
      () => 'cut off',
    );
    await until(async () => (await builds()) > 0);
    const others = [migrate(database.url), migrate(database.url)];
    cutOff = await builds();
    await database.sql.query('SELECT pg_terminate_backend($1)', [cutOff]);
    expect(await first).toBe('cut off');
    await until(async () => (await builds()) > 0);
    others.push(migrate(database.url));
    await reader.query('COMMIT');
    reader.release();
    const applied = await Promise.all(others);
    expect(applied.flat()).toEqual(expect.arrayContaining([expect.stringContaining('_session_keys_only')]));
    const { rows } = await database.sql.query(
      'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid',
    );
    expect(rows).toEqual([]);
  });

  test('leaves keys that begin with the session', async () => {
    await migrate(database.url);
    const { rows } = await database.sql.query(
      `SELECT c.conrelid::regclass::text AS "table", pg_get_constraintdef(c.oid) AS definition
       FROM pg_constraint c WHERE c.contype = 'p' AND c.conrelid::regclass::text LIKE '"ChatMessage%' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { table: '"ChatMessage"', definition: 'PRIMARY KEY ("sessionId", id)' },
      { table: '"ChatMessageChunk"', definition: 'PRIMARY KEY ("sessionId", "messageId", revision)' },
      { table: '"ChatMessageStream"', definition: 'PRIMARY KEY ("sessionId", "messageId")' },
    ]);
  });
});

test('the model has not changed since the newest migration', async () => {
  const newest = (await migrationNames()).at(-1) ?? '';
  const [then, now] = await Promise.all([
    readFile(`${directory}/${newest}/schema.prisma`, 'utf8'),
    readFile('prisma/schema.prisma', 'utf8'),
  ]);
  // Run `npm run migration:new -- NAME` when this fails.
  expect(then).toBe(now);
});
