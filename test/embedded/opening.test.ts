import { chown, cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbeddedDatabase } from '@chatledger/embedded-database';
import { isRunning, makeStage, postmasterPid, query, type Stage, until } from './stage.js';

describe('opening the embedded database', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage();
  });
  afterEach(async () => {
    await stage.clear();
  });
  afterAll(async () => {
    await stage.end();
  });

  const inData = (...names: string[]) => join(stage.dataDir, 'database', ...names);

  test('the first start makes a durable, private database and the second keeps what is in it', async () => {
    const first = await stage.open();
    expect(first.directory).toBe(stage.dataDir);
    expect(
      await query(
        first.url,
        `SELECT current_database() AS database, current_setting('fsync') AS fsync,
                current_setting('synchronous_commit') AS synchronous_commit,
                current_setting('full_page_writes') AS full_page_writes,
                current_setting('listen_addresses') AS listen_addresses,
                current_setting('unix_socket_directories') AS sockets,
                current_setting('TimeZone') AS timezone, current_setting('server_encoding') AS encoding,
                (SELECT rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid WHERE rolname = current_user) AS scram`,
      ),
    ).toEqual([
      {
        database: 'chatledger',
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        listen_addresses: '127.0.0.1',
        sockets: '',
        timezone: 'UTC',
        encoding: 'UTF8',
        scram: true,
      },
    ]);
    await query(first.url, `CREATE TABLE kept AS SELECT 'still here' AS text`);
    const pid = (await postmasterPid(first.directory)) ?? 0;
    await first.close();
    expect(await isRunning(pid)).toBe(false);
    expect(await postmasterPid(first.directory)).toBeUndefined();

    const second = await stage.open();
    expect(await query(second.url, 'SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
    expect(second.url).toBe(first.url);
  });

  test('only the owner can read the password, and nothing else of the folder tells it', async () => {
    const { url } = await stage.open();
    const password = await readFile(inData('password'), 'utf8');
    expect(new URL(url).password).toBe(password);
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect((await stat(inData('password'))).mode & 0o777).toBe(0o600);
    expect((await stat(inData('password'))).uid).toBe(process.getuid?.());
    expect((await stat(inData('data'))).mode & 0o777).toBe(0o700);
    expect((await readdir(inData())).sort()).toEqual(['data', 'password', 'port', 'postgres.log']);
    const pid = (await postmasterPid(stage.dataDir)) ?? 0;
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password);
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(password);
  });

  test('a wrong password is refused, and so are other addresses of the machine', async () => {
    const { url } = await stage.open();
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT')).rejects.toMatchObject({ code: '28P01' });
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of outside) {
      const there = new URL(url);
      there.hostname = address;
      await expect(query(there.href, 'SELECT')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  test('the log of the server never holds statements or values', async () => {
    const { url } = await stage.open();
    await query(url, `CREATE TABLE secrets (text text UNIQUE, CHECK (text <> 'my secret'))`);
    await expect(query(url, `INSERT INTO secrets VALUES ('my secret')`)).rejects.toThrow();
    await expect(query(url, `SELECT 'my secret'::uuid`)).rejects.toThrow();
    const log = await readFile(inData('postgres.log'), 'utf8');
    expect(log).toContain('ready to accept connections');
    expect(log).not.toContain('secret');
  });

  test('a first start that was killed in the middle leaves nothing in the way', async () => {
    const dataDir = join(stage.folder, 'interrupted');
    const killed = stage.hold({ dataDir });
    const drafts = async () => (await readdir(dataDir)).filter((name) => name.startsWith('database.new-'));
    const draft = await until(async () => (await drafts().catch(() => []))[0]);
    await until(() => stat(join(dataDir, draft, 'data', 'PG_VERSION')).catch(() => false as const));
    await killed.kill();
    expect(await readdir(dataDir)).not.toContain('database');

    const { url } = await stage.open({ dataDir });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const left = await readdir(dataDir);
    expect(left.filter((name) => name.startsWith('starting.'))).toEqual([]);
  });

  test.each([
    ['names a process that is something else', `${process.pid}\n/x\n1\n5432\n\n127.0.0.1\n1 1\nready   \n`],
    ['names a process that is gone', `4194000\n/x\n1\n5432\n\n127.0.0.1\n1 1\nready   \n`],
    ['is empty', ''],
  ])('a left-over postmaster.pid that %s does not stop the start', async (_, text) => {
    const first = await stage.open();
    await query(first.url, 'CREATE TABLE IF NOT EXISTS counted AS SELECT 1 AS one');
    await first.close();
    await writeFile(inData('data', 'postmaster.pid'), text, { mode: 0o600 });
    const { uid, gid } = await stat(inData('data'));
    await chown(inData('data', 'postmaster.pid'), uid, gid);

    const second = await stage.open();
    expect(await query(second.url, 'SELECT one FROM counted')).toEqual([{ one: 1 }]);
    expect(await isRunning(process.pid)).toBe(true);
  });

  test('a copy of a folder whose server runs gets a server of its own', async () => {
    const original = await stage.open();
    await query(original.url, 'CREATE TABLE mine AS SELECT 1 AS one');
    await query(original.url, 'CHECKPOINT');
    const copyDir = join(stage.folder, 'copy');
    await cp(stage.dataDir, copyDir, { recursive: true, preserveTimestamps: true });
    const { uid, gid } = await stat(inData('data'));
    await giveTo(join(copyDir, 'database', 'data'), uid, gid);

    const copy = await stage.open({ dataDir: copyDir });
    await query(copy.url, 'UPDATE mine SET one = 2');
    expect(await query(original.url, 'SELECT one FROM mine')).toEqual([{ one: 1 }]);
    expect(await postmasterPid(copyDir)).not.toBe(await postmasterPid(stage.dataDir));
  });

  test('another port is taken when that of the last start is in use', async () => {
    const first = await stage.open();
    await first.close();
    const { port } = new URL(first.url);
    const intruder = createServer().listen(Number(port), '127.0.0.1');
    await once(intruder, 'listening');
    try {
      const second = await stage.open();
      expect(new URL(second.url).port).not.toBe(port);
      expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      intruder.close();
    }
  });

  test('opening can be given up', async () => {
    const signal = AbortSignal.abort(new Error('changed my mind'));
    const { systemDir } = stage;
    const dataDir = join(stage.folder, 'given-up');
    await expect(
      openEmbeddedDatabase({ name: 'chatledger', dataDir, systemDir, signal, say: () => undefined }),
    ).rejects.toThrow('changed my mind');
    expect(await postmasterPid(dataDir)).toBeUndefined();
  });

  test.each(['', 'Chat', '1st', "x' OR true", '../up', 'x'.repeat(40)])(
    'a name that fits no database, role and user is refused: %p',
    async (name) => {
      const { systemDir } = stage;
      const dataDir = join(stage.folder, 'unnamed');
      const opening = openEmbeddedDatabase({ name, dataDir, systemDir, say: () => undefined });
      await expect(opening).rejects.toThrow(`${JSON.stringify(name)} is no name for a database.`);
      await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});

async function giveTo(folder: string, uid: number, gid: number): Promise<void> {
  await chown(folder, uid, gid);
  for (const name of await readdir(folder, { recursive: true })) await chown(join(folder, name), uid, gid);
}
