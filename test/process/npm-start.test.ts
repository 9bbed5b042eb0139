import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { createSession } from '../support/ledger.js';
import { createClient } from '../support/client.js';
import { AppendMessage } from '../support/documents.js';
import { isRunning, postmasterPid } from '../embedded/stage.js';
import type { LogLine } from '../support/server-process.js';
import { until } from '../support/until.js';

// Without `prestart`, which would build while other tests use what is built.
const npmStart = ['npm', 'start', '--ignore-scripts'] as const;

/** A command that leads a process group of its own, as a terminal gives it one, and the server that it has started. */
interface Started {
  readonly url: string;
  readonly dataDirectory: string;
  readonly told: () => string;
  /** Signals the whole group. */
  signal(signal: NodeJS.Signals): void;
  /** How the command ended, once everybody has who could write to its output. */
  readonly ended: Promise<unknown[]>;
}

let leave: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of leave.reverse()) await each();
  leave = [];
});

async function newDataDirectory(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-start-'));
  leave.push(() => rm(folder, { recursive: true, force: true }));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(folder, 0o711);
  return folder;
}

function launch([program, ...args]: readonly string[], environment: Record<string, string>): ChildProcess {
  const child = spawn(program ?? '', args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  leave.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-(child.pid ?? NaN), 'SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

async function start(
  command: readonly string[],
  environment: Record<string, string> = {},
  dataDirectory?: string,
): Promise<Started> {
  const folder = dataDirectory ?? (await newDataDirectory());
  const child = launch(command, { DATA_DIR: folder, ...environment });
  const { pid = NaN, stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('It has no output.');
  let told = '';
  stderr.on('data', (chunk) => (told += String(chunk)));
  // The server's end of the pipe closes when the server itself is gone.
  const exited = once(child, 'exit');
  const ended = once(stderr, 'close').then(() => exited);
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line) as LogLine;
      if (entry.msg === 'listening' && entry.port !== undefined) resolve(entry.port);
    });
    void ended.then(() => {
      reject(new Error(told));
    });
  });
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    dataDirectory: folder,
    told: () => told,
    signal: (signal) => process.kill(-pid, signal),
    ended,
  };
}

/** Sends many requests over one connection, which is kept. */
async function useMuch(url: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  leave.push(() => {
    agent.destroy();
  });
  for (let count = 0; count < 200; count += 1) {
    const asked = request(url, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': 'alice' },
    });
    asked.end('{"query":"{ chatSessions { totalCount } }"}');
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    await text(response);
  }
}

/** The address of the embedded database of a running server. */
async function databaseOf(dataDirectory: string): Promise<string> {
  const read = (name: string) => readFile(path.join(dataDirectory, 'database', name), 'utf8');
  return `postgresql://chatledger:${await read('password')}@127.0.0.1:${(await read('port')).trim()}/chatledger`;
}

test.each([
  ['npm start', npmStart, 'SIGINT', '1'],
  ['npm start', npmStart, 'SIGTERM', '1'],
  ['npm start with two workers', npmStart, 'SIGINT', '2'],
  ['npm start with two workers', npmStart, 'SIGTERM', '2'],
  ['npx chatledger', ['npx', 'chatledger'], 'SIGINT', '1'],
  [
    'a shell',
    ['sh', '-c', 'node dist/main.js & child=$!; trap "kill -INT $child" INT; wait; wait'],
    'SIGINT',
    '1',
  ],
  ['a closed terminal', ['node', 'dist/main.js'], 'SIGHUP', '1'],
] as const)(
  '%s, signalled as a whole group: what is under way finishes, and the database is stopped (%#)',
  async (_, command, signal, workers) => {
    const server = await start(command, { WORKERS: workers });
    await useMuch(server.url);
    const client = createClient(server.url, { 'x-user-id': 'alice' });
    const { id: sessionId } = await createSession(client);
    const sql = new pg.Client({ connectionString: await databaseOf(server.dataDirectory) });
    sql.on('error', () => undefined);
    await sql.connect();
    await sql.query('BEGIN');
    await sql.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [sessionId]);
    const append = client.run(AppendMessage, {
      input: { sessionId, message: { role: 'USER', content: 'late' } },
    });
    await until(async () => {
      const { rows } = await sql.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
      return rows.length === 1;
    });
    const postmaster = (await postmasterPid(server.dataDirectory)) ?? NaN;

    server.signal(signal);
    await until(() => server.told().includes(`${signal}: finishing requests under way.`));
    await sql.query('COMMIT');
    await sql.end();
    const { status, data } = await append;
    expect(status).toBe(200);
    expect(data?.appendChatMessage).toMatchObject({ chatMessage: { content: 'late' } });
    // The shell between npx and the server may go on to end by the signal itself.
    const ends = [[0, null], ...(command[0] === 'npx' ? [[null, signal]] : [])];
    expect(ends).toContainEqual(await server.ended);
    expect(await postmasterPid(server.dataDirectory)).toBeUndefined();
    expect(await isRunning(postmaster)).toBe(false);

    // Nothing has to be recovered, and nothing is lost.
    const again = await start(['node', 'dist/main.js'], {}, server.dataDirectory);
    const log = await readFile(path.join(server.dataDirectory, 'database', 'postgres.log'), 'utf8');
    expect(log).toContain('database system was shut down at');
    expect(log).not.toMatch(/recovery|interrupted/);
    again.signal('SIGTERM');
    expect(await again.ended).toEqual([0, null]);
  },
  60_000,
);

test('Ctrl-C while the database is made ends with 0, and the next start makes it', async () => {
  const folder = await newDataDirectory();
  const child = launch(npmStart, { DATA_DIR: folder });
  const ended = once(child, 'exit');
  let told = '';
  child.stderr?.on('data', (chunk) => (told += String(chunk)));
  child.stdout?.resume();
  await until(() => told.includes('Preparing a database'));
  process.kill(-(child.pid ?? NaN), 'SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(told).not.toMatch(/ {4}at |could not|Error/);
  expect(await postmasterPid(folder)).toBeUndefined();

  const again = await start(['node', 'dist/main.js'], {}, folder);
  again.signal('SIGTERM');
  expect(await again.ended).toEqual([0, null]);
}, 60_000);

test('a reader of the output that is gone does not end the server', async () => {
  const folder = await newDataDirectory();
  const child = launch(['node', 'dist/main.js'], { DATA_DIR: folder });
  const ended = once(child, 'exit');
  const { stdout, stderr } = child;
  if (!stdout) throw new Error('It has no output.');
  for await (const line of createInterface({ input: stdout })) if (line.includes('"listening"')) break;
  stdout.destroy();
  stderr?.destroy();
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(await postmasterPid(folder)).toBeUndefined();
}, 60_000);
