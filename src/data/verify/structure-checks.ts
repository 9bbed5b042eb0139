import type pg from 'pg';
import { readHistory, readOver } from '../migration-history.js';
import { readMigrations } from '../migrations.js';
import { statement } from '../statement.js';
import type { Check, Finding, Found } from './check.js';

/** Whether the database has had each migration of this version, as it is now. */
export const migrationsCheck: Check = {
  name: 'migrations',
  severity: 'fault',
  what: 'the migration is missing, was changed after it was applied, or did not come to its end',
  async find(client, limit) {
    const history = await readHistory(readOver(client));
    const applied = history.filter(({ state }) => state === 'applied');
    const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
    const wrong = (await readMigrations()).flatMap(({ name, checksum }) => {
      const found = checksums.get(name);
      if (found === checksum) return [];
      return [{ migration: name, problem: found === undefined ? 'missing' : 'changed' }];
    });
    const unfinished = history
      .filter(({ state }) => state === 'unfinished')
      .map(({ name }) => ({ migration: name, problem: 'unfinished' }));
    return first(limit, [...wrong, ...unfinished]);
  },
};

const newerMigrationsCheck: Check = {
  name: 'newer-migrations',
  severity: 'notice',
  what: 'the migration is of a newer version, of whose tables this one knows nothing',
  async find(client, limit) {
    const known = new Set((await readMigrations()).map(({ name }) => name));
    const newer = (await readHistory(readOver(client))).filter(({ name }) => !known.has(name));
    return first(
      limit,
      newer.map(({ name }) => ({ migration: name })),
    );
  },
};

const objects = statement(
  'verify_schema',
  `SELECT wanted.name FROM unnest($1::text[]) AS wanted(name)
   WHERE NOT EXISTS (
     SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
     WHERE n.nspname = current_schema() AND c.relname = wanted.name AND i.indisvalid IS NOT FALSE
   ) AND NOT EXISTS (
     SELECT FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
     WHERE n.nspname = current_schema() AND c.conname = wanted.name AND c.convalidated
   )
   ORDER BY wanted.name`,
);

/** Without its constraints, as after a restore that went half-way, a database takes what it must not. */
const schemaCheck: Check = {
  name: 'schema',
  severity: 'fault',
  what: 'the table, index or constraint is not there, or not valid',
  async find(client, limit) {
    const { rows } = await client.query<{ name: string }>(objects.text, [await namesOfObjects()]);
    return first(limit, rows);
  },
};

/** What the migrations leave behind, read from their SQL in the forms that Prisma writes. */
async function namesOfObjects(): Promise<string[]> {
  const names = new Set<string>();
  const pattern =
    /\b(CREATE|ADD|DROP|USING)? *(?:UNIQUE INDEX|INDEX|CONSTRAINT|TABLE)(?: CONCURRENTLY)?(?: IF EXISTS)? "(\w+)"/g;
  for (const { sql } of await readMigrations()) {
    for (const [, verb, name = ''] of sql.matchAll(pattern)) {
      // An index that becomes a constraint takes the name of that.
      if (verb === 'DROP' || verb === 'USING') names.delete(name);
      else names.add(name);
    }
  }
  return [...names];
}

function first(limit: number, findings: readonly Finding[]): Found {
  return { total: findings.length, findings: findings.slice(0, limit) };
}

/** What must hold of the tables, whatever is in them. */
export const structureChecks: readonly Check[] = [migrationsCheck, newerMigrationsCheck, schemaCheck];

/** Whether the database has the tables that this version knows. */
export async function isMigrated(client: pg.ClientBase): Promise<boolean> {
  const applied = (await readHistory(readOver(client))).filter(({ state }) => state === 'applied');
  const names = new Set(applied.map(({ name }) => name));
  return (await readMigrations()).every(({ name }) => names.has(name));
}
