import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../packages/embedded-database/src/free-port.js';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.js';
import { CreateSession } from '../support/documents.js';
import { createClient } from '../support/client.js';
import { launch, runCommand, startServer } from '../support/server-process.js';
import { createEmptyDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

let database: TestDatabase;
let proxy: DatabaseProxy;
let leave: (() => unknown)[] = [];
beforeEach(async () => {
  database = await createEmptyDatabase();
  proxy = await startDatabaseProxy(database.url);
});
afterEach(async () => {
  for (const each of leave.reverse()) await each();
  leave = [];
  await proxy.close();
  await database.drop();
});

/** Starts a server that is not expected to listen yet. */
async function start(environment: Record<string, string>) {
  const port = await freePort();
  const child = launch(['serve'], { PORT: String(port), DATABASE_URL: proxy.url, ...environment });
  const exited = once(child, 'exit');
  leave.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let told = '';
  child.stderr?.on('data', (chunk) => (told += String(chunk)));
  child.stdout?.resume();
  const origin = `http://127.0.0.1:${port}`;
  return {
    child,
    exited,
    origin,
    told: () => told,
    client: createClient(`${origin}/graphql`, { 'x-user-id': 'a' }),
  };
}

const statusOf = async (address: string) => (await fetch(address)).status;

describe.each(['1', '2'])('with WORKERS=%s', (WORKERS) => {
  test.each(['is not there', 'takes connections and is silent'])(
    'a database that %s is waited for, with one line, while the server says that it lives',
    async (how) => {
      if (how === 'is not there') await proxy.close();
      else proxy.mode = 'frozen';
      const server = await start({ WORKERS, DATABASE_WAIT_SECONDS: '600' });
      await until(() => server.told().includes('Waiting for the database at 127.0.0.1:'));
      expect(await statusOf(`${server.origin}/health`)).toBe(200);
      const ready = await fetch(`${server.origin}/ready`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'starting', reason: 'The server is starting: it waits for its database.' },
      ]);
      expect(await server.client.post({ query: '{ __typename }' })).toMatchObject({
        status: 503,
        errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }],
      });

      // It says that it lives all along, up to the moment when it is ready.
      let refused = 0;
      if (how === 'is not there') await proxy.reopen();
      else proxy.mode = 'open';
      await until(async () => {
        const status = await statusOf(`${server.origin}/ready`).catch(() => undefined);
        if (status === undefined) refused += 1;
        return status === 200;
      });
      // The port changes hands in between.
      expect(refused).toBeLessThanOrEqual(2);
      await server.client.runOk(CreateSession, { input: {} });
      expect(server.told().match(/Waiting for/g)).toHaveLength(1);
      server.child.kill('SIGTERM');
      expect(await server.exited).toEqual([0, null]);
    },
    60_000,
  );

  test('a stop is heard while the database is waited for', async () => {
    await proxy.close();
    const server = await start({ WORKERS, DATABASE_WAIT_SECONDS: '600' });
    await until(() => server.told().includes('Waiting for the database'));
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual([0, null]);
    expect(server.told()).not.toMatch(/ {4}at /);
  });
});

const sentence = (what: string) =>
  new RegExp(`^The database at 127\\.0\\.0\\.1:\\d+ ${what}.*DATABASE_URL.*$`, 'm');

test.each([
  ['serve', 'closed', '1', 'refuses connections after 1 s of waiting\\.'],
  ['serve', 'closed', '0', 'refuses connections\\.'],
  ['serve', 'silent', '1', 'does not answer after 1 s of waiting\\.'],
  ['migrate', 'closed', '1', 'refuses connections after 1 s of waiting\\.'],
  ['migrate', 'silent', '1', 'does not answer after 1 s of waiting\\.'],
  ['verify', 'closed', '600', 'refuses connections\\.'],
  ['verify', 'silent', '600', 'does not answer\\.'],
  ['rotate-credentials', 'closed', '600', 'refuses connections\\.'],
] as const)(
  '%s on a database that is %s, with patience of %s s',
  async (command, how, wait, what) => {
    if (how === 'closed') await proxy.close();
    else proxy.mode = 'frozen';
    const { code, stdout, stderr } = await runCommand([command], {
      PORT: '0',
      DATABASE_URL: proxy.url,
      DATABASE_WAIT_SECONDS: wait,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence(what));
    expect(stderr).not.toMatch(/ {4}at |Error:/);
  },
  30_000,
);

const changed = (change: (url: URL) => unknown) => {
  const url = new URL(database.url);
  change(url);
  return url.href;
};

test.each([
  [
    'a wrong password',
    (url: URL) => (url.password = 'hunter2'),
    /lets nobody in \(password authentication failed/,
  ],
  [
    'no such user',
    (url: URL) => (url.username = 'stranger'),
    /lets nobody in \(password authentication failed/,
  ],
  [
    'no password',
    (url: URL) => (url.password = ''),
    /asks for a password\. Put the password into DATABASE_URL/,
  ],
  [
    'no such database',
    (url: URL) => (url.pathname = '/nowhere'),
    /\(database "nowhere" does not exist\)\. Create the/,
  ],
  [
    'an unknown host',
    (url: URL) => (url.hostname = 'db.invalid'),
    /has a host name that nobody knows\. Correct/,
  ],
  [
    'TLS where there is none',
    (url: URL) => (url.search = '?sslmode=verify-full'),
    /does not speak TLS\. Leave sslmode/,
  ],
  [
    'a file that is not there',
    (url: URL) => (url.search = '?sslmode=verify-full&sslrootcert=/none.pem'),
    /a file that/,
  ],
])(
  '%s is said at once, with the remedy',
  async (_, change, what) => {
    for (const command of ['serve', 'verify']) {
      const { code, stdout, stderr } = await runCommand([command], {
        PORT: '0',
        DATABASE_URL: changed(change),
        DATABASE_WAIT_SECONDS: '600',
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(what);
      expect(stderr).not.toMatch(/ {4}at |Waiting|hunter2/);
    }
  },
  30_000,
);

test('another program than PostgreSQL behind the port gets a sentence', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  leave.push(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await runCommand(['serve'], {
    PORT: '0',
    DATABASE_URL: `postgresql://a:b@127.0.0.1:${port}/c`,
    DATABASE_WAIT_SECONDS: '1',
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^The database at .* Is it a PostgreSQL server, and is the port in DATABASE_URL right\?$/m,
  );
});

describe('a migration lock that somebody else holds', () => {
  // The one of migrate.ts, and the one of Prisma's own command line.
  test.each(['7163384682270318695', '72707369'])('%s is waited for', async (lock) => {
    const holder = await database.sql.connect();
    const { rows } = await holder.query<{ pid: number }>(
      `SELECT pg_advisory_lock(${lock}), pg_backend_pid() AS pid`,
    );
    const limited = await runCommand(['migrate'], { DATABASE_URL: database.url, DATABASE_WAIT_SECONDS: '1' });
    expect(limited.code).toBe(1);
    expect(limited.stderr).toMatch(/^Waiting for another process that migrates the database/);
    expect(limited.stderr).toContain(`SELECT pg_terminate_backend(${rows[0]?.pid ?? NaN})`);
    expect(limited.stderr).not.toMatch(/ {4}at /);

    const server = await start({ DATABASE_URL: database.url, DATABASE_WAIT_SECONDS: '600' });
    await until(() => server.told().includes('Waiting for another process'));
    expect(await statusOf(`${server.origin}/health`)).toBe(200);
    expect(await statusOf(`${server.origin}/ready`)).toBe(503);
    await holder.query(`SELECT pg_advisory_unlock(${lock})`);
    holder.release();
    await until(async () => (await fetch(`${server.origin}/ready`).catch(() => null))?.status === 200);
  });
});

test('what keeps migrations from being applied is said with the remedy', async () => {
  const name = new URL(database.url).pathname.slice(1);
  await database.sql.query(`CREATE ROLE "${name}" LOGIN PASSWORD 'w'`);
  leave.push(() => database.sql.query(`DROP ROLE "${name}"`));
  const weak = changed((url) => Object.assign(url, { username: name, password: 'w' }));
  const denied = await runCommand(['migrate'], { DATABASE_URL: weak });
  expect(denied.code).toBe(1);
  expect(denied.stderr).toMatch(/^The database .* can't be migrated: permission denied for .*owner.*\n$/);

  await database.sql.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  const readOnly = await runCommand(['migrate'], { DATABASE_URL: database.url });
  expect(readOnly.code).toBe(1);
  expect(readOnly.stderr).toMatch(/^The database .* can't be migrated: .* read-only transaction\..*\n$/);
});

test('a lock that a migration needs and somebody else has keeps migrations waiting for a bounded time only', async () => {
  const holder = await database.sql.connect();
  await holder.query('BEGIN; CREATE TYPE "ChatMessageRole" AS ENUM ()');
  const { code, stderr } = await runCommand(['migrate'], {
    DATABASE_URL: database.url,
    DATABASE_WAIT_SECONDS: '1',
  });
  await holder.query('ROLLBACK');
  holder.release();
  expect(code).toBe(1);
  expect(stderr).toMatch(/can't be migrated: .*lock timeout\. Somebody else holds a lock on its tables/);
}, 30_000);

test.each([
  [
    ['export', '--user', 'a'],
    /^No answer from the server: .*Is a server at http:\/\/127\.0\.0\.1:1\/graphql\?/,
  ],
  [['import', 'examples/conversations.jsonl', '--user', 'a'], /No answer from the server: /],
])('%j says that the server is down, without a stack', async (command, what) => {
  const { code, stderr } = await runCommand([...command, '--url', 'http://127.0.0.1:1/graphql']);
  expect(code).toBe(1);
  expect(stderr).toMatch(what);
  expect(stderr).not.toMatch(/ {4}at /);
});

test('with the database in place nothing is said of waiting', async () => {
  const server = await startServer({ DATABASE_URL: database.url });
  leave.push(async () => {
    server.kill('SIGTERM');
    await server.exited;
  });
  expect(server.told()).not.toContain('Waiting');
  expect(await text((await fetch(new URL('/ready', server.url))).body ?? new ReadableStream())).toContain(
    '"ready"',
  );
});
