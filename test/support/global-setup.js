// One PostgreSQL server for all tests of this run, with a migrated database that each test file copies.
// TEST_DATABASE_URL names another server to run on, whose user may create databases.
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { openEmbeddedDatabase } from '@chatledger/embedded-database';
import { migrate } from '../../dist/data/migrate.js';

export default async function setUp() {
  const database = process.env.TEST_DATABASE_URL
    ? { url: process.env.TEST_DATABASE_URL, close: async () => undefined }
    : await startEmbedded();
  globalThis.chatledgerTests = database;

  const template = `chatledger_template_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${template}"`);
  await admin.end();
  const url = new URL(database.url);
  url.pathname = `/${template}`;
  await migrate(url.href);
  process.env.TEST_SERVER_URL = database.url;
  process.env.TEST_TEMPLATE = template;
}

async function startEmbedded() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'chatledger-tests-'));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(dataDir, 0o711);
  const embedded = await openEmbeddedDatabase({ name: 'chatledger', dataDir, say: () => undefined });
  return { url: embedded.url, dataDir, close: () => embedded.close() };
}
