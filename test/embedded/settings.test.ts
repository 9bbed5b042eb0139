import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EmbeddedDatabaseError } from '@chatledger/embedded-database';
import { expectEmbedded, openEmbedded } from '../../src/data/embedded-source.js';
import { isRoot, nobody } from './stage.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chatledger-settings-'));
  await chmod(dataDir, 0o755);
});
afterEach(() => rm(dataDir, { recursive: true }));

const said: string[] = [];
const open = (folder: string) => openEmbedded(folder, { say: (line) => said.push(line) });

const bothSettings = /\nSet DATA_DIR to use another folder, or DATABASE_URL to use a PostgreSQL of your own/;

test('errors name the settings that solve them', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  for (const opening of [() => open(file), () => expectEmbedded(join(file, 'below'))]) {
    const error: unknown = await opening().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EmbeddedDatabaseError);
    expect(error).toMatchObject({ trouble: 'folder', message: expect.stringMatching(bothSettings) });
    expect((error as Error).message).toContain(file);
  }
});

test('a database of another PostgreSQL comes with the commands that move its data', async () => {
  const data = join(dataDir, 'database', 'data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'PG_VERSION'), '15\n');
  if (isRoot) await chown(data, nobody.uid, nobody.gid);
  await expect(open(dataDir)).rejects.toMatchObject({
    trouble: 'version',
    message: expect.stringMatching(/made by PostgreSQL 15.*`chatledger export` and `import`.*DATA_DIR/s),
  });
});

test('a database that is only read is not made', async () => {
  const message = `There is no database in ${dataDir}. Set DATA_DIR to its folder, or DATABASE_URL.`;
  await expect(expectEmbedded(dataDir)).rejects.toMatchObject({ trouble: 'folder', message });
});
