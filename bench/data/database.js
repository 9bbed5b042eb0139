import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { openEmbeddedDatabase } from '@chatledger/embedded-database';
import { migrate } from '../../dist/data/migrate.js';
import { settings } from '../settings.js';

/**
 * A new, migrated, empty database: on DATABASE_URL (whose user must be allowed to make databases), or else on an
 * embedded PostgreSQL in a temporary folder. `close` removes it.
 */
export async function openBenchDatabase() {
  const server = settings.databaseUrl
    ? { url: settings.databaseUrl, close: () => Promise.resolve() }
    : await openTemporaryServer();
  const name = `chatledger_bench_${process.pid}`;
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  try {
    await withClient(server.url, (client) => client.query(`CREATE DATABASE "${name}"`));
    await migrate(url.href);
    const client = new pg.Client({ connectionString: url.href, application_name: 'bench' });
    await client.connect();
    const close = async () => {
      await client.end();
      await withClient(server.url, (admin) => admin.query(`DROP DATABASE "${name}" WITH (FORCE)`));
      await server.close();
    };
    let closing;
    // When a signal closes it, what was under way fails and closes it too.
    return { url: url.href, client, close: () => (closing ??= close()) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function openTemporaryServer() {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bench-'));
  // Started by root, PostgreSQL runs as another user, who must be able to pass.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  const server = await openEmbeddedDatabase({
    name: 'chatledger',
    dataDir: path.join(folder, 'data'),
    say: () => undefined,
  });
  return {
    url: server.url,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function withClient(connectionString, run) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end();
  }
}
