import { rm } from 'node:fs/promises';
import pg from 'pg';

export default async function tearDown() {
  const { url, dataDir, close } = globalThis.chatledgerTests;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`DROP DATABASE "${process.env.TEST_TEMPLATE}"`);
  await admin.end();
  await close();
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
}
