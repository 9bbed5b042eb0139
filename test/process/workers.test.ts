import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { isRunning, postmasterPid } from '../embedded/stage.js';
import { AppendMessage, CreateSession } from '../support/documents.js';
import { createSession, numbers } from '../support/ledger.js';
import { launch, runCommand, startServer, type ServerProcess } from '../support/server-process.js';
import { SessionChanges } from '../support/session-record.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { anyWay, watchWays } from '../support/watch.js';

const headers = { 'x-user-id': 'alice' };

let database: TestDatabase;
let servers: ServerProcess[];
beforeEach(async () => {
  database = await createTestDatabase();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.kill('SIGKILL');
    await server.exited;
    await until(() => haveEnded(workersOf(server)));
  }
  await database.drop();
});

async function start(environment: Record<string, string> = {}, detached = false): Promise<ServerProcess> {
  const server = await startServer({ WORKERS: '2', DATABASE_URL: database.url, ...environment }, detached);
  servers.push(server);
  return server;
}

/** All workers that have listened so far, in order. */
function workersOf({ log }: ServerProcess): number[] {
  return log.flatMap(({ msg, worker }) => (msg === 'A worker is listening.' && worker ? [worker] : []));
}

async function haveEnded(pids: readonly number[]): Promise<boolean> {
  return !(await Promise.all(pids.map(isRunning))).includes(true);
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Sends a request on a connection of its own, which the next worker gets. @returns that worker */
async function askNext(server: ServerProcess, query = '{ __typename }', variables = {}): Promise<number> {
  const asked = request(server.url, {
    agent: false,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
  });
  asked.end(JSON.stringify({ query, variables }));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(await json(response)).not.toHaveProperty('errors');
  return answererOf(server, response.headers['x-request-id']);
}

/** The worker that has written to the log that it answered a request. */
async function answererOf({ log }: ServerProcess, requestId: unknown): Promise<number> {
  const find = () => log.find((line) => line.requestId === requestId)?.pid;
  await until(() => find() !== undefined);
  return find() ?? NaN;
}

/** Holds the row of a session, so that appends to it are under way until it is released. */
async function hold(sessionId: string): Promise<PoolClient> {
  const holder = await database.sql.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [sessionId]);
  return holder;
}

async function release(holder: PoolClient): Promise<void> {
  await holder.query('COMMIT');
  holder.release();
}

async function someoneWaits(): Promise<boolean> {
  const { rows } = await database.sql.query(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length > 0;
}

test('unless asked for more there is one process, which does not say which one it is', async () => {
  const server = await start({ WORKERS: '' });
  await server.as('alice').runOk(CreateSession, { input: {} });
  await until(() => server.log.some(({ msg }) => msg === 'request'));
  expect(await childrenOf(server.pid)).toEqual([]);
  expect(server.log.filter((line) => 'pid' in line)).toEqual([]);
});

test('three workers share a port and an empty database, of which people are told as of one process', async () => {
  const empty = await createEmptyDatabase();
  try {
    const server = await start({ WORKERS: '3', DATABASE_URL: empty.url });
    const workers = workersOf(server);
    expect(workers).toHaveLength(3);
    expect(new Set(await childrenOf(server.pid))).toEqual(new Set(workers));

    const answerers = new Set<number>();
    await until(async () => answerers.add(await askNext(server)).size === 3);
    expect(answerers).toEqual(new Set(workers));

    await until(() => server.told().includes('curl'));
    expect(server.told().match(/Development mode|Applied migrations|is ready/g)).toEqual([
      'Development mode',
      'Applied migrations',
      'is ready',
    ]);
    expect(server.told()).toContain(server.url);
    expect(server.log.filter(({ pid }) => pid === undefined)).toEqual([]);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  } finally {
    await empty.drop();
  }
});

test.each(watchWays)(
  'who watches at one worker over $way sees what is appended at another',
  async ({ watch }) => {
    // Nobody looks for changes by himself.
    const server = await start({ LIVE_POLL_MILLISECONDS: '3600000' });
    const { id: sessionId } = await createSession(server.as('alice'));
    const stream = await watch(server.url, headers, SessionChanges, { sessionId });
    await stream.nextData();

    const answerers = new Set<number>();
    let appended = 0;
    await until(async () => {
      const input = { sessionId, message: { role: 'USER', content: `${appended}` } };
      answerers.add(await askNext(server, AppendMessage.toString(), { input }));
      appended += 1;
      return answerers.size === 2;
    });
    const seen: (string | null)[] = [];
    while (seen.length < appended) {
      const { chatSessionChanges: change } = await stream.nextData();
      if (change.__typename === 'ChatMessagesAppended')
        seen.push(...change.chatMessages.map(({ content }) => content));
    }
    expect(seen).toEqual(numbers(appended).map(String));
    stream.stop();
    expect(answerers).toContain(await answererOf(server, stream.logId));
  },
);

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a worker that ends by %s is replaced, while the others serve',
  async (signal) => {
    const server = await start();
    const [ended = NaN, other = NaN] = workersOf(server);
    // Whoever would migrate now would fail: what is to be applied is there.
    await database.sql.query('DELETE FROM _prisma_migrations');
    process.kill(ended, signal);
    await until(() => server.log.some(({ msg }) => msg.startsWith('A worker ended')));
    expect(server.log).toContainEqual(expect.objectContaining({ worker: ended, pause: 100 }));
    const answerers = new Set<number>();
    await until(async () => {
      answerers.add(await askNext(server));
      return workersOf(server).length === 3;
    });
    expect(answerers).toContain(other);
    expect(answerers).not.toContain(ended);

    const replacement = workersOf(server)[2];
    await until(async () => (await askNext(server)) === replacement);
    expect(server.told().match(/is ready/g)).toHaveLength(1);
  },
);

test('when all workers are killed at once, their port is served again', async () => {
  const server = await start();
  for (const worker of workersOf(server)) process.kill(worker, 'SIGKILL');
  await until(() => workersOf(server).length === 4);
  const answerers = new Set<number>();
  await until(async () => answerers.add(await askNext(server)).size === 2);
  expect(answerers).toEqual(new Set(workersOf(server).slice(2)));
});

test('a worker that ends soon after each start is replaced after longer and longer pauses', async () => {
  const server = await start();
  const [, other = NaN] = workersOf(server);
  for (const pauses of [[100], [100, 200], [100, 200, 400]]) {
    process.kill(workersOf(server).findLast((pid) => pid !== other) ?? NaN, 'SIGKILL');
    const listened = workersOf(server).length;
    await until(() => workersOf(server).length > listened);
    expect(server.log.flatMap(({ pause }) => pause ?? [])).toEqual(pauses);
  }
});

test('a taken port is told of as by one process alone, and ends all', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const environment = {
    PORT: String((taken.address() as AddressInfo).port),
    DATABASE_URL: database.url,
  };
  const alone = await runCommand(['serve'], environment);
  const together = await runCommand(['serve'], { ...environment, WORKERS: '3' });
  taken.close();
  expect(alone).toMatchObject({ code: 1, stdout: '' });
  expect(alone.stderr).toMatch(/^listen EADDRINUSE: .* Choose another PORT\.$/m);
  expect(together).toEqual(alone);
});

test.each([
  ['SIGTERM to the primary', 'SIGTERM', false],
  ['SIGINT to all, as Ctrl-C in a terminal', 'SIGINT', true],
  ['SIGTERM to all', 'SIGTERM', true],
] as const)(
  'on %s requests under way finish, streams are completed, and all end with 0',
  async (_, signal, toAll) => {
    const server = await start({}, true);
    const { id: sessionId } = await createSession(server.as('alice'));
    const streams = await Promise.all(
      numbers(8).map((n) => anyWay(n)(server.url, headers, SessionChanges, { sessionId })),
    );
    for (const stream of streams) await stream.nextData();
    const holder = await hold(sessionId);
    const append = server
      .as('alice')
      .run(AppendMessage, { input: { sessionId, message: { role: 'USER', content: 'late' } } });
    await until(someoneWaits);

    process.kill(toAll ? -server.pid : server.pid, signal);
    await until(() => server.told().includes(`${signal}: finishing`));
    // All workers have been asked by now, and refuse newcomers.
    for (const stream of streams) expect(await stream.rest()).toEqual([]);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    await release(holder);

    const { status, data } = await append;
    expect(status).toBe(200);
    expect(data?.appendChatMessage).toMatchObject({ chatMessage: { content: 'late' } });
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await haveEnded(workersOf(server))).toBe(true);
    expect(server.log.filter(({ msg }) => msg.startsWith('A worker has'))).toEqual([]);
    const answerers = streams.map((stream) => answererOf(server, stream.logId));
    expect(new Set(await Promise.all(answerers)).size).toBe(2);
  },
);

test('a second signal within a second is the first one, and a later one ends all at once', async () => {
  const server = await start();
  const { id: sessionId } = await createSession(server.as('alice'));
  const holder = await hold(sessionId);
  const append = server
    .as('alice')
    .run(AppendMessage, { input: { sessionId, message: { role: 'USER', content: 'never' } } });
  const outcome = append.then(({ status }) => status, String);
  await until(someoneWaits);
  server.kill('SIGTERM');
  await until(() => server.told().includes('SIGTERM: finishing'));
  const told = performance.now();
  server.kill('SIGINT');
  await until(() => performance.now() - told > 1_000);
  // Or else the server would not have waited for the append.
  expect(await someoneWaits()).toBe(true);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 1, signal: null });
  // Whoever was still waiting for it would answer now.
  await release(holder);
  expect(await outcome).toContain('fetch failed');
  await until(() => haveEnded(workersOf(server)));
});

test('signals to workers that are just starting are no failures: all of them end with 0', async () => {
  const server = launch(['serve'], { PORT: '0', WORKERS: '2', DATABASE_URL: database.url }, true);
  const { pid = NaN } = server;
  const exited = once(server, 'exit');
  let workers: number[] = [];
  await until(async () => (workers = await childrenOf(pid)).length === 2);
  const [first = NaN, second = NaN] = workers;
  process.kill(first, 'SIGTERM');
  await until(async () => {
    workers = await childrenOf(pid);
    return workers.length === 2 && !workers.includes(first);
  });
  expect(workers).toContain(second);
  process.kill(-pid, 'SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await haveEnded(workers)).toBe(true);
});

test('workers whose primary is killed finish what is under way, and end', async () => {
  const server = await start();
  const { id: sessionId } = await createSession(server.as('alice'));
  const streams = await Promise.all(
    numbers(4).map((n) => anyWay(n)(server.url, headers, SessionChanges, { sessionId })),
  );
  for (const stream of streams) await stream.nextData();
  const holder = await hold(sessionId);
  const append = server
    .as('alice')
    .run(AppendMessage, { input: { sessionId, message: { role: 'USER', content: 'late' } } });
  await until(someoneWaits);

  server.kill('SIGKILL');
  await server.exited;
  for (const stream of streams) expect(await stream.rest()).toEqual([]);
  await release(holder);
  expect((await append).data?.appendChatMessage).toMatchObject({ chatMessage: { content: 'late' } });
  await until(() => haveEnded(workersOf(server)));
});

test('the primary holds the embedded database: killed it leaves it to the next, which stops it', async () => {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'chatledger-workers-'));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(dataDirectory, 0o711);
  const environment = { DATABASE_URL: '', DATA_DIR: dataDirectory };
  try {
    const killed = await start(environment);
    expect(killed.told().match(/Started the database/g)).toHaveLength(1);
    const { id } = await createSession(killed.as('alice'));
    killed.kill('SIGKILL');
    await killed.exited;
    await until(() => haveEnded(workersOf(killed)));

    const next = await start(environment);
    expect(next.told()).toContain('Adopting the database server');
    const again = await next.as('alice').runOk(CreateSession, { input: { id } });
    expect(again.createChatSession).toMatchObject({ created: false });
    next.kill('SIGTERM');
    expect(await next.exited).toEqual({ code: 0, signal: null });
    expect(await postmasterPid(dataDirectory)).toBeUndefined();
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
});
