import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A migrated database of one's own. */
export interface TestDatabase {
  readonly url: string;
  /** For looking at what is really stored. */
  readonly sql: pg.Pool;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const { TEST_SERVER_URL: server, TEST_TEMPLATE: template } = process.env;
  if (!server || !template) throw new Error('The global set-up of the tests has not run.');
  const name = `chatledger_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE "${name}" TEMPLATE "${template}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const sql = new pg.Pool({ connectionString: url.href, max: 4 });
  return {
    url: url.href,
    sql,
    async drop() {
      await sql.end();
      await onServer(server, `DROP DATABASE "${name}" WITH (FORCE)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
