// One PostgreSQL server for all tests of this run, with a migrated database that each test file copies.
// TEST_DATABASE_URL names another server to run on, whose user may create databases. All files of the run are in one
// temporary folder, by which a run that is killed is tidied up.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openEmbeddedDatabase } from '@chatledger/embedded-database';
import { migrate } from '../../dist/data/migrate.js';

const endWithParent = fileURLToPath(new URL('end-with-parent.js', import.meta.url));

export default async function setUp() {
  const folder = await makeFolder();
  const database = process.env.TEST_DATABASE_URL
    ? { url: process.env.TEST_DATABASE_URL, close: async () => undefined }
    : await openEmbeddedDatabase({
        name: 'chatledger',
        dataDir: path.join(folder, 'database'),
        say: () => undefined,
      });
  globalThis.chatledgerTests = { database, folder };

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

/** Makes the folder of this run, in which its tests make their own, and has it removed when the run is killed. */
async function makeFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-tests-'));
  // Root's databases run as another user, who has to find them.
  await chmod(folder, 0o711);
  process.env.TMPDIR = folder;
  if (process.platform === 'linux') {
    const stdio = ['pipe', 'ignore', 'ignore'];
    const watcher = spawn(process.execPath, [endWithParent, folder], { detached: true, stdio });
    watcher.unref();
    watcher.stdin.unref();
  }
  return folder;
}
