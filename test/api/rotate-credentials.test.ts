import { beforeEach, expect, test } from '@jest/globals';
import { rotateCredentials } from '../../src/data/credentials/rotate.js';
import { openDatabase } from '../../src/data/database.js';
import {
  cipherFor,
  decrypted,
  newCredentialsKey,
  storeCredentials,
  storedCredentials,
} from '../support/credentials.js';
import { createSession, numbers, readSession, updated } from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

const start = startsTestApps();
const [old, first] = [newCredentialsKey('old'), newCredentialsKey('first')];
const both = `${first},${old}`;

let app: TestApp;
beforeEach(async () => {
  app = await start({ CREDENTIALS_KEYS: both });
});

/** Rotates with the keys of the server, past it. @param beforeWrite is run before credentials are replaced */
async function rotate(beforeWrite: () => Promise<void> = () => Promise.resolve()) {
  const database = openDatabase({ url: app.database.url });
  const replace = database.prisma.$transaction.bind(database.prisma) as (
    updates: unknown,
  ) => Promise<unknown>;
  const watched = Object.assign(Object.create(database.prisma) as typeof database.prisma, {
    $transaction: async (updates: unknown) => {
      await beforeWrite();
      return replace(updates);
    },
  });
  try {
    return await rotateCredentials({ prisma: watched }, cipherFor(both));
  } finally {
    await database.close();
  }
}

test('goes through all sessions of all users, in batches, and changes nothing that anybody is shown', async () => {
  const sessions = await Promise.all(
    numbers(120).map((n) => createSession(app.as(newUser()), { title: `${n}`, credentials: { n } })),
  );
  const { sql } = app.database;
  for (const [n, { id }] of sessions.entries()) {
    if (n % 3 === 0) await storeCredentials(sql, id, { n });
    if (n % 3 === 1) await storeCredentials(sql, id, cipherFor(old).encrypt(id, JSON.stringify({ n })));
  }
  await createSession(app.as(newUser()));
  expect(await rotate()).toEqual({ encrypted: 80, current: 41, unreadable: [] });
  for (const [n, session] of sessions.entries()) {
    expect(decrypted(session.id, await storedCredentials(sql, session.id), first)).toEqual({ n });
    if (n % 20 === 0) expect(await readSession(app.as(), session.id)).toEqual(session);
  }
  expect(await rotate()).toEqual({ encrypted: 0, current: 121, unreadable: [] });
});

test('takes what was written since it read, and overwrites nothing', async () => {
  const client = app.as(newUser());
  const sessions = await Promise.all(numbers(4).map(() => createSession(client, { credentials: { a: 1 } })));
  const [merged, plain, deleted, untouched] = sessions.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
  ];
  const { sql } = app.database;
  for (const { id } of sessions) await storeCredentials(sql, id, { a: 1 });
  let isFirst = true;
  const rotation = await rotate(async () => {
    if (!isFirst) return;
    isFirst = false;
    await updated(client, { id: merged, credentials: { b: 2 }, jsonUpdate: 'MERGE' });
    await storeCredentials(sql, plain, { c: 3 });
    await sql.query('DELETE FROM "ChatSession" WHERE id = $1', [deleted]);
  });
  expect(rotation).toEqual({ encrypted: 2, current: 1, unreadable: [] });
  const stored = async (id: string) => decrypted(id, await storedCredentials(sql, id), first);
  expect(await stored(merged)).toEqual({ a: 1, b: 2 });
  expect(await stored(plain)).toEqual({ c: 3 });
  expect(await stored(untouched)).toEqual({ a: 1 });
});

test('leaves what none of the keys decrypts, and names it', async () => {
  const client = app.as(newUser());
  const sessions = await Promise.all(numbers(3).map(() => createSession(client, { credentials: { a: 1 } })));
  const [foreign, damaged, plain] = sessions.map(({ id }) => id) as [string, string, string];
  const { sql } = app.database;
  await storeCredentials(sql, foreign, cipherFor(newCredentialsKey('lost')).encrypt(foreign, '{"a":1}'));
  await storeCredentials(sql, damaged, cipherFor(first).encrypt(foreign, '{"a":1}'));
  await storeCredentials(sql, plain, { a: 1 });
  const before = [await storedCredentials(sql, foreign), await storedCredentials(sql, damaged)];
  const { unreadable, ...counts } = await rotate();
  expect(counts).toEqual({ encrypted: 1, current: 0 });
  expect([...unreadable].sort()).toEqual([foreign, damaged].sort());
  expect([await storedCredentials(sql, foreign), await storedCredentials(sql, damaged)]).toEqual(before);
});

test('names what a double does not hold, and leaves it as it is', async () => {
  const client = app.as(newUser());
  const sessions = await Promise.all(numbers(3).map(() => createSession(client, { credentials: { a: 1 } })));
  const [large, small, plain] = sessions.map(({ id }) => id) as [string, string, string];
  const { sql } = app.database;
  const store = (id: string, text: string) =>
    sql.query('UPDATE "ChatSession" SET credentials = $2::jsonb WHERE id = $1', [id, text]);
  await store(large, '{"n":12345678901234567890}');
  await store(small, '{"n":1e400}');
  await store(plain, '{"n":1e21,"__proto__":{"a":[-1.5e-7]}}');
  const { unreadable, ...counts } = await rotate();
  expect(counts).toEqual({ encrypted: 1, current: 0 });
  expect([...unreadable].sort()).toEqual([large, small].sort());
  const { rows } = await sql.query<{ text: string }>(
    'SELECT credentials::text AS text FROM "ChatSession" WHERE id = $1',
    [large],
  );
  expect(rows).toEqual([{ text: '{"n": 12345678901234567890}' }]);
  expect(JSON.stringify(decrypted(plain, await storedCredentials(sql, plain), first))).toBe(
    '{"n":1e+21,"__proto__":{"a":[-1.5e-7]}}',
  );
});
