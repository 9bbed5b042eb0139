import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  cipherFor,
  decrypted,
  newCredentialsKey,
  storeCredentials,
  storedCredentials,
} from '../support/credentials.js';
import { appendOne, createSession, numbers, readSession, updated } from '../support/ledger.js';
import { runCommand, startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { newUser } from '../support/test-app.js';

let folder: string;
let database: TestDatabase;
let servers: ServerProcess[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-credentials-'));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(folder, 0o711);
  database = await createTestDatabase();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await stop(server);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function start(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await startServer(environment);
  servers.push(server);
  return server;
}

async function stop(server: ServerProcess): Promise<void> {
  server.kill('SIGTERM');
  await server.exited;
}

test('the embedded database brings a key of its own, for one process and for several', async () => {
  const user = newUser();
  const alone = await start({ DATA_DIR: folder });
  const { id } = await createSession(alone.as(user), { credentials: { key: 'secret' } });
  await stop(alone);
  const file = path.join(folder, 'database', 'credentials-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const key = await readFile(file, 'utf8');
  expect(key).toMatch(/^embedded-[0-9a-f]{8}:[\w+/]{43}=\n$/);
  expect((await readdir(path.dirname(file))).filter((name) => name.startsWith('credentials-key'))).toEqual([
    'credentials-key',
  ]);

  const several = await start({ DATA_DIR: folder, WORKERS: '2' });
  expect(await readSession(several.as(user), id)).toMatchObject({ credentials: { key: 'secret' } });
  await updated(several.as(user), { id, credentials: { more: 1 }, jsonUpdate: 'MERGE' });
  expect(await readFile(file, 'utf8')).toBe(key);
  // The command finds the key, and its work done.
  const { code, stderr } = await runCommand(['rotate-credentials'], { DATA_DIR: folder });
  expect(stderr).toContain(
    `with the key ${key.split(':')[0] ?? ''}: 0; whose credentials were so already, or empty: 1.\n`,
  );
  expect(code).toBe(0);
  await stop(several);

  // With keys of the operator, the one beside the data goes into the list as any other.
  const own = newCredentialsKey('own');
  const keys = path.join(folder, 'keys');
  await writeFile(keys, `${own}\n${key}`);
  const configured = await start({ DATA_DIR: folder, CREDENTIALS_KEYS_FILE: keys });
  expect((await readSession(configured.as(user), id)).credentials).toEqual({ key: 'secret', more: 1 });
  await stop(configured);
  const rotated = await runCommand(['rotate-credentials'], { DATA_DIR: folder, CREDENTIALS_KEYS_FILE: keys });
  expect(rotated).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('with the key own: 1;'),
  });
  expect(`${alone.told()}${several.told()}${JSON.stringify([alone.log, several.log])}`).not.toContain(
    key.slice(-45, -2),
  );
});

test('rotate-credentials works beside servers that write, and says what it could not do', async () => {
  const [old, next] = [newCredentialsKey('old'), newCredentialsKey('next')];
  const keys = `${next},${old}`;
  const server = await start({ DATABASE_URL: database.url, CREDENTIALS_KEYS: keys, WORKERS: '2' });
  const clients = numbers(4).map(() => server.as('alice'));
  const [client] = clients as [(typeof clients)[0]];
  const ids = await Promise.all(
    numbers(60).map(async (n) => (await createSession(client, { credentials: { n } })).id),
  );
  for (const [n, id] of ids.entries()) {
    await storeCredentials(database.sql, id, cipherFor(old).encrypt(id, JSON.stringify({ n })));
  }
  const [lost = ''] = ids;
  await storeCredentials(database.sql, lost, cipherFor(newCredentialsKey('lost')).encrypt(lost, '{"n":0}'));

  const rest = ids.slice(1);
  const environment = { DATABASE_URL: database.url, CREDENTIALS_KEYS: keys };
  const [command] = await Promise.all([
    runCommand(['rotate-credentials'], environment),
    ...rest.map((id, n) => {
      const from = clients[n % clients.length] ?? client;
      return updated(from, { id, credentials: { [`merged ${n}`]: true }, jsonUpdate: 'MERGE' });
    }),
  ]);
  expect(command).toMatchObject({ code: 1, stdout: '' });
  expect(command.stderr).toMatch(/with the key next: \d+; /);
  expect(command.stderr).toContain(`Sessions whose credentials can't be decrypted: 1\n${lost}\n`);
  expect(command.stderr).not.toContain(next.split(':')[1]);
  for (const [n, id] of rest.entries()) {
    const stored = await storedCredentials(database.sql, id);
    expect(decrypted(id, stored, next)).toEqual({ n: n + 1, [`merged ${n}`]: true });
  }

  // Neither do the conversations that are exported hold credentials.
  for (const id of ids) await appendOne(client, id, { role: 'USER', content: 'Hello' });
  const exported = await runCommand(['export', '--user', 'alice', '--url', server.url]);
  expect(exported.code).toBe(0);
  expect(exported.stdout.split('\n')).toHaveLength(61);
  expect(exported.stdout).not.toMatch(/credentials|merged/);
});

test('forty merges at once through four processes all survive', async () => {
  const key = newCredentialsKey('key');
  const server = await start({ DATABASE_URL: database.url, CREDENTIALS_KEYS: key, WORKERS: '4' });
  const client = server.as('alice');
  const { id } = await createSession(client, { credentials: { kept: true } });
  await Promise.all(
    numbers(40).map((n) => updated(client, { id, credentials: { [`key ${n}`]: n }, jsonUpdate: 'MERGE' })),
  );
  expect(decrypted(id, await storedCredentials(database.sql, id), key)).toEqual({
    kept: true,
    ...Object.fromEntries(numbers(40).map((n) => [`key ${n}`, n])),
  });
});

test('without keys the start says so, and rotate-credentials does nothing', async () => {
  const server = await start({ DATABASE_URL: database.url });
  expect(server.told()).toContain('No key for credentials is configured (CREDENTIALS_KEYS)');
  expect(await runCommand(['rotate-credentials'], { DATABASE_URL: database.url })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'No key is configured: set CREDENTIALS_KEYS or CREDENTIALS_KEYS_FILE.\n',
  });
});
