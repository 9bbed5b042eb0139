import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let database: TestDatabase;
let folder: string;
let unread: FileHandle;
let server: ChildProcess | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'chatledger-unread-log-'));
  const pipe = join(folder, 'log');
  execFileSync('mkfifo', [pipe]);
  // Open for both, so that the pipe has a reader for as long as we hold it. Nothing is ever read.
  unread = await open(pipe, 'r+');
});
afterEach(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  await unread.close();
  await rm(folder, { recursive: true });
  await database.drop();
});

test.each([
  ['a pipe', 'one process', 'SIGTERM', {}, [0]],
  ['a pipe', 'one process', 'SIGINT', {}, [0]],
  ['a pipe', 'a primary and its workers', 'SIGTERM', { WORKERS: '2' }, [0]],
  ['a socket', 'one process', 'SIGTERM', {}, [0]],
  // A worker that ends makes the socket wait for the others, which the primary then has to kill.
  ['a socket', 'a primary and its workers', 'SIGTERM', { WORKERS: '2' }, [0, 1]],
] as const)(
  'with a log to %s that nobody reads, %s ends at %s',
  async (output, _, signal, settings, codes) => {
    const child = spawn(process.execPath, [main, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: tmpdir(),
        PORT: '0',
        DATABASE_URL: database.url,
        ...settings,
      },
      // Node makes a socket of 'pipe'.
      stdio: ['ignore', output === 'a pipe' ? unread.fd : 'pipe', 'pipe'],
    });
    server = child;
    const exited = once(child, 'exit');
    let said = '';
    child.stderr?.on('data', (chunk) => (said += String(chunk)));
    await until(() => said.includes('curl http'));
    const url = /curl (http\S+)/.exec(said)?.[1] ?? '';
    const ask = async () => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': 'alice' },
        body: '{"query":"{ __typename }"}',
      });
      return answer.text();
    };

    // Their lines are more than a pipe (64 KiB) or a socket holds (208 KiB).
    for (let sent = 0; sent < 1_200; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, ask));
      expect(answers).toEqual(Array(50).fill('{"data":{"__typename":"Query"}}'));
    }
    child.kill(signal);

    const [code, killedBy] = (await exited) as [number | null, string | null];
    expect(killedBy).toBeNull();
    expect(codes).toContain(code);
  },
  120_000,
);
