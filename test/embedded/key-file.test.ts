import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EmbeddedDatabaseError } from '@chatledger/embedded-database';
import { openSecret } from '../../packages/embedded-database/src/secret-file.js';
import { openKeyFile } from '../../src/data/credentials/key-file.js';

let home: string;
let root: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'chatledger-key-file-'));
  root = join(home, 'database');
  await mkdir(root);
});
afterEach(() => rm(home, { recursive: true }));

const open = async (said: string[] = []) => {
  const database = { secret: (name: string, make: () => string) => openSecret(home, name, make) };
  const { path, keys } = await openKeyFile(database, (line) => said.push(line));
  return { path, keys: keys.map(({ id, key }) => [id, key.export().toString('hex')]) };
};

test('many who make the key at once come to have the same one', async () => {
  const said: string[] = [];
  const opened = await Promise.all(Array.from({ length: 12 }, () => open(said)));
  const [first] = opened;
  for (const each of opened) expect(each).toEqual(first);
  expect(await readdir(root)).toEqual(['credentials-key']);
  expect((await stat(first?.path ?? '')).mode & 0o777).toBe(0o600);
  expect(said).toEqual([expect.stringContaining(first?.path ?? '')]);
  expect(said[0]).not.toContain((await readFile(first?.path ?? '', 'utf8')).split(':')[1]?.trim());
});

test('another folder has another key, of another name', async () => {
  const { keys } = await open();
  await rm(join(root, 'credentials-key'));
  const { keys: others } = await open();
  expect(others[0]?.[0]).not.toBe(keys[0]?.[0]);
  expect(others[0]?.[1]).not.toBe(keys[0]?.[1]);
});

test.each(['', 'MARKER', 'a:MARKER'])(
  'a damaged file is left as it is, and not repeated: %j',
  async (text) => {
    const path = join(root, 'credentials-key');
    await writeFile(path, text);
    const error: unknown = await open().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EmbeddedDatabaseError);
    expect((error as Error).message).toContain(`${path} is damaged.`);
    expect((error as Error).message).not.toContain('MARKER');
    expect(await readFile(path, 'utf8')).toBe(text);
  },
);
