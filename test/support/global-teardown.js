import { rm } from 'node:fs/promises';
import pg from 'pg';

export default async function tearDown() {
  const { database, folder } = globalThis.chatledgerTests;
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`DROP DATABASE "${process.env.TEST_TEMPLATE}"`);
  await admin.end();
  await database.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
