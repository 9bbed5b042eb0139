import { expect, test } from '@jest/globals';
import { readMigrations } from '../../src/data/migrations.js';
import { breaches, firstStepOf, keysAfter, type UniqueKey } from '../support/migration-rule.js';

/** Made before the rule: they stand between versions that nobody has been given. */
const beforeTheRule: readonly string[] = [
  '20261122190711_init',
  '20261122220119_live_changes',
  '20261127160851_list_positions',
  '20261127191000_epoch',
];

test('each migration leaves what the version before uses, or completes what an earlier one has begun', async () => {
  let keys: UniqueKey[] = [];
  const names: string[] = [];
  for (const { name, sql } of await readMigrations()) {
    const firstStep = firstStepOf(sql);
    if (!beforeTheRule.includes(name) && !(firstStep !== undefined && names.includes(firstStep)))
      expect({ name, breaches: breaches(sql, keys) }).toEqual({ name, breaches: [] });
    keys = keysAfter(keys, sql);
    names.push(name);
  }
  expect(names).toEqual(expect.arrayContaining([...beforeTheRule]));
});

test.each([
  'CREATE TABLE "A" ("id" UUID NOT NULL, CONSTRAINT "A_pkey" PRIMARY KEY ("id"));\nCREATE UNIQUE INDEX "A_x" ON "A"("id");',
  'ALTER TABLE "ChatSession" ADD COLUMN "a" TEXT;',
  `ALTER TABLE "ChatSession" ADD COLUMN "a" TEXT NOT NULL DEFAULT 'x; DROP TABLE y', ADD COLUMN "b" INTEGER;`,
  'ALTER TABLE "ChatSession" ADD "a" INTEGER NOT NULL DEFAULT 0;',
  'CREATE INDEX "i" ON "ChatMessage"("name");\nDROP INDEX "old";',
  `ALTER TYPE "ChatMessageRole" ADD VALUE 'critic';`,
  'CREATE TABLE "A" ("id" UUID);\nALTER TABLE "A" ADD CONSTRAINT "k" FOREIGN KEY ("id") REFERENCES "ChatSession"("id");',
  '-- DROP TABLE "ChatSession";\nCREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN DROP TABLE x; END $$;',
  'ALTER TABLE "ChatSession" ALTER COLUMN "title" SET DEFAULT NULL;',
])('is kept: %s', (sql) => {
  expect(breaches(sql)).toEqual([]);
});

test.each([
  'ALTER TABLE "ChatSession" DROP COLUMN "title";',
  'ALTER TABLE "ChatSession" RENAME COLUMN "title" TO "name";',
  'ALTER TABLE "ChatSession" RENAME TO "Session";',
  `ALTER TYPE "ChatMessageRole" RENAME VALUE 'tool' TO 'answer';`,
  'DROP TABLE "ChatMessageChunk";',
  'DROP FUNCTION chatledger_epoch();',
  'alter table "ChatSession" add column "a" text not null;',
  'ALTER TABLE "ChatSession" ADD "a" TEXT NOT NULL;',
  'ALTER TABLE "ChatSession" ADD COLUMN "a" TEXT NOT NULL DEFAULT \'\', ADD COLUMN "b" TEXT NOT NULL;',
  'ALTER TABLE "ChatSession" ALTER COLUMN "revision" SET DATA TYPE BIGINT;',
  'ALTER TABLE "ChatSession" ALTER COLUMN "revision" TYPE BIGINT;',
  'ALTER TABLE "ChatSession" ALTER COLUMN "title" SET NOT NULL;',
  'ALTER TABLE "ChatSession" ALTER COLUMN "revision" DROP DEFAULT;',
  'ALTER TABLE "ChatSession" ADD CONSTRAINT "c" CHECK ("revision" > 0);',
  'ALTER TABLE "ChatSession" DROP CONSTRAINT "c";',
  'CREATE UNIQUE INDEX "u" ON "ChatSession"("title");',
  'CREATE OR REPLACE FUNCTION chatledger_epoch() RETURNS text LANGUAGE sql AS $$ SELECT 1 $$;',
  'CREATE TRIGGER "t" AFTER INSERT ON "ChatMessage" EXECUTE FUNCTION f();',
  'TRUNCATE "DeletedChatSession";',
  'DELETE FROM "DeletedChatSession";',
])('is broken: %s', (sql) => {
  expect(breaches(sql)).toHaveLength(1);
});

test('a unique index of earlier migrations is not dropped', () => {
  const keys = keysAfter([], 'CREATE UNIQUE INDEX "u" ON "A"("b");');
  expect(breaches('DROP INDEX "u";', keys)).toHaveLength(1);
  expect(breaches('DROP INDEX "v";', keys)).toEqual([]);
});

test('a unique index asks nothing more that has a whole key of its table in it', () => {
  const first = 'CREATE TABLE "A" ("id" UUID, "b" UUID, CONSTRAINT "A_pkey" PRIMARY KEY ("id", "b"));';
  const keys = keysAfter([], first);
  const index = (table: string, columns: string) => `CREATE UNIQUE INDEX "u" ON "${table}"(${columns});`;
  expect(breaches(index('A', '"c", "b", "id"'), keys)).toEqual([]);
  const partial = keysAfter([], 'CREATE UNIQUE INDEX "p" ON "A"("b") WHERE "b" IS NOT NULL;');
  expect(breaches(index('A', '"b", "id"'), partial)).toHaveLength(1);
  const nulls = 'CREATE UNIQUE INDEX "u" ON "A"("id", "b") NULLS NOT DISTINCT;';
  const nameless = 'CREATE UNIQUE INDEX ON "A"("c");';
  for (const other of [index('A', '"c", "id"'), index('A', '"b"'), index('B', '"id", "b"'), nulls, nameless])
    expect(breaches(other, keys)).toHaveLength(1);

  const swap =
    'ALTER TABLE "A" DROP CONSTRAINT "A_pkey", ADD CONSTRAINT "A_pkey" PRIMARY KEY USING INDEX "u";';
  const after = keysAfter(keys, `${index('A', '"c", "b", "id"')}\n${swap}`);
  expect(after).toEqual([
    { name: '"A_pkey"', table: '"A"', columns: ['"c"', '"b"', '"id"'], isPartial: false },
  ]);
  expect(breaches(index('A', '"b", "id"'), after)).toHaveLength(1);
});

test('a second step names the first', () => {
  expect(firstStepOf('-- Second step of 20270101000000_new_title: nothing reads it.\nDROP ...')).toBe(
    '20270101000000_new_title',
  );
  expect(firstStepOf('ALTER TABLE a DROP COLUMN b;')).toBeUndefined();
});
