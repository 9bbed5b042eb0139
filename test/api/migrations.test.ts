import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { migrate } from '../../src/data/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/test-database.js';

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

test('the model has not changed since the newest migration', async () => {
  const newest = (await migrationNames()).at(-1) ?? '';
  const [then, now] = await Promise.all([
    readFile(`${directory}/${newest}/schema.prisma`, 'utf8'),
    readFile('prisma/schema.prisma', 'utf8'),
  ]);
  // Run `npm run migration:new -- NAME` when this fails.
  expect(then).toBe(now);
});
