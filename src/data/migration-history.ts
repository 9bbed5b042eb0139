import type pg from 'pg';
import type { Migration } from './migrations.js';
import { statement, type Statement } from './statement.js';

/**
 * Whether all our migrations are there. Answers without the engine, whose WebAssembly costs a start 100 ms and
 * the process its memory.
 */
export async function isUpToDate(read: Read, migrations: readonly Migration[]): Promise<boolean> {
  return (await compareHistory(read, migrations)).isUpToDate;
}

/**
 * What a database has beside our migrations. Those of a later version do not keep this one from working: each migration
 * leaves what the version before needs (docs/operations.md, "Upgrading"; test/unit/migration-rule.test.ts).
 */
export async function compareHistory(
  read: Read,
  migrations: readonly Migration[],
): Promise<{ isUpToDate: boolean; later: string[] }> {
  const applied = (await readHistory(read)).filter(({ state }) => state === 'applied');
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const isUpToDate = migrations.every(({ name, checksum }) => checksums.get(name) === checksum);
  for (const { name } of migrations) checksums.delete(name);
  return { isUpToDate, later: [...checksums.keys()] };
}

/** A migration that was begun on a database. */
export interface BegunMigration extends Pick<Migration, 'name' | 'checksum'> {
  readonly state: 'applied' | 'unfinished' | 'rolled back';
}

/** Sends a statement without values, and gives its rows. */
export type Read = <Row extends pg.QueryResultRow>(statement: Statement) => Promise<Row[]>;

/** Reads over one connection. */
export function readOver(client: pg.ClientBase): Read {
  return async <Row extends pg.QueryResultRow>({ text }: Statement) => (await client.query<Row>(text)).rows;
}

const table = statement('migrations_table', `SELECT to_regclass('_prisma_migrations')::text AS found`);
const begun = statement(
  'migrations_begun',
  `SELECT migration_name AS name, checksum,
     CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back'
       WHEN finished_at IS NULL THEN 'unfinished' ELSE 'applied' END AS state
   FROM _prisma_migrations ORDER BY started_at`,
);

/** The migrations that were begun, in this order; one that was rolled back may be there again. */
export async function readHistory(read: Read): Promise<BegunMigration[]> {
  const [found] = await read<{ found: string | null }>(table);
  return found?.found == null ? [] : read<BegunMigration>(begun);
}
