import { randomUUID } from 'node:crypto';
import pg from 'pg';

/**
 * Creates a database of its own for a measurement, on the server that DATABASE_URL names.
 *
 * @param {string} purpose stands in its name
 * @returns {Promise<{ url: string, drop: () => Promise<void> }>}
 */
export async function createTemporaryDatabase(purpose) {
  const name = `${purpose}_${randomUUID().slice(0, 8)}`;
  const url = new URL(process.env.DATABASE_URL);
  url.pathname = `/${name}`;
  const admin = await connect(process.env.DATABASE_URL);
  await admin.query(`CREATE DATABASE "${name}"`);
  return {
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** A connection. When a measurement fails, its database is dropped while others are connected. */
export async function connect(connectionString) {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
