import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A migrated database of one's own. */
export interface TestDatabase {
  readonly url: string;
  /** For looking at what is really stored. */
  readonly sql: pg.Pool;
  drop(): Promise<void>;
}

export function createTestDatabase(): Promise<TestDatabase> {
  const { TEST_TEMPLATE: template } = process.env;
  return createDatabase(`TEMPLATE "${template ?? ''}"`);
}

/** A database of one's own that holds nothing. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('');
}

/** A copy of a database as it is now. Whoever is connected to that is thrown out. */
export async function copyDatabase({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> {
  const name = new URL(url).pathname.slice(1);
  const { TEST_SERVER_URL: server = '' } = process.env;
  await onServer(
    server,
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${name}'`,
  );
  return createDatabase(`TEMPLATE "${name}"`);
}

async function createDatabase(from: string): Promise<TestDatabase> {
  const { TEST_SERVER_URL: server } = process.env;
  if (!server) throw new Error('The global set-up of the tests has not run.');
  const name = `chatledger_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE "${name}" ${from}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const sql = new pg.Pool({ connectionString: url.href, max: 4 });
  // A connection may still be closing when the database goes.
  sql.on('error', () => undefined);
  return {
    url: url.href,
    sql,
    async drop() {
      await sql.end();
      await onServer(server, `DROP DATABASE "${name}" WITH (FORCE)`);
    },
  };
}

/** Sends one statement over a connection of its own. */
export async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
