import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import {
  cipherFor,
  decrypted,
  newCredentialsKey,
  storeCredentials,
  storedCredentials,
  testCredentialsKey,
} from '../support/credentials.js';
import {
  Create,
  createSession,
  numbers,
  readSession,
  Update,
  updated,
  type Session,
} from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { watch } from '../support/watch.js';

const start = startsTestApps();
const app = await start();
const { sql } = app.database;

/** Another server on the same database, with other keys. */
const withKeys = (keys: string) => start({ DATABASE_URL: app.database.url, CREDENTIALS_KEYS: keys });

const marker = 'MARKER';

async function newSession(credentials: object, from: TestApp = app) {
  const user = newUser();
  const client = from.as(user);
  const session = await createSession(client, { title: 'title', credentials });
  return { user, client, session, id: session.id };
}

const query = (id: string) => ({
  query: `{ chatSession(id: "${id}") { id title credentials messageCount } }`,
});

/** The session is there, and of it only the credentials are not. */
async function expectUnreadable(client: Client, id: string): Promise<void> {
  const { data, errors, status } = await client.post(query(id));
  expect({ data, status }).toEqual({
    data: { chatSession: { id, title: 'title', credentials: null, messageCount: 0 } },
    status: 200,
  });
  expect(codesOf(errors)).toEqual(['CREDENTIALS_UNAVAILABLE']);
  expect(errors[0]?.path).toEqual(['chatSession', 'credentials']);
  expect(JSON.stringify(errors)).not.toContain(marker);
}

/** One row of the table, all of it, as text. */
async function rowOf(id: string): Promise<string> {
  const { rows } = await sql.query<{ row: string }>(
    'SELECT s::text AS row FROM "ChatSession" s WHERE id = $1',
    [id],
  );
  return rows[0]?.row ?? '';
}

describe('the table', () => {
  test('holds nothing of credentials that anybody could read, and neither does what is sent to it', async () => {
    const secret = { [`key ${marker}`]: { deep: [`value ${marker}`] } };
    const { statements } = await app.recordingStatements(async () => {
      const { id, client } = await newSession(secret);
      expect(await rowOf(id)).not.toContain(marker);
      await updated(client, { id, credentials: { [marker]: marker }, jsonUpdate: 'MERGE' });
      expect(await rowOf(id)).not.toContain(marker);
      await updated(client, { id, credentials: { [marker]: 1 } });
      expect(await rowOf(id)).not.toContain(marker);
      expect(await readSession(client, id)).toMatchObject({ credentials: { [marker]: 1 } });
      expect(await storedCredentials(sql, id)).toMatch(/^v1\.test\.[\w-]{16}\.[\w-]+$/);
    });
    expect(statements.length).toBeGreaterThan(3);
    expect(JSON.stringify(statements)).not.toContain(marker);
  });

  test('holds each value under a nonce of its own, also when it comes again', async () => {
    const { id, client } = await newSession({ a: 1 });
    const stored = [await storedCredentials(sql, id)];
    for (const credentials of [{ a: 2 }, { a: 1 }, { a: 2 }]) {
      await updated(client, { id, credentials });
      stored.push(await storedCredentials(sql, id));
    }
    const nonces = stored.map((value) => String(value).split('.')[2]);
    expect(new Set(nonces).size).toBe(4);
    expect(stored.map((value) => decrypted(id, value))).toEqual([{ a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }]);
  });

  test('holds an empty map as it is, and a map is empty again that was emptied', async () => {
    const { id, client } = await newSession({});
    expect(await storedCredentials(sql, id)).toEqual({});
    await updated(client, { id, credentials: { a: 1 } });
    await updated(client, { id, credentials: { a: null }, jsonUpdate: 'MERGE' });
    expect(await storedCredentials(sql, id)).toEqual({});
  });
});

describe('credentials', () => {
  test('come back to their owner and to services, on every way', async () => {
    const credentials = { key: 'secret', nested: { list: [1, null, 'ü'] } };
    const { id, client, user } = await newSession(credentials);
    const document = `query ($id: ID!, $user: ID!) {
      chatSession(id: $id) { credentials changes { changes { ... on ChatSessionUpdated { chatSession { credentials } } } } }
      node(id: $id) { ... on ChatSession { credentials } }
      chatSessions(userId: $user) { nodes { credentials messages { nodes { id } } } edges { node { credentials } } }
    }`;
    await updated(client, { id, title: 'so that there is a change' });
    for (const caller of [client, app.as()]) {
      const { data, errors } = await caller.post({ query: document, variables: { id, user } });
      expect(errors).toEqual([]);
      expect(data).toEqual({
        chatSession: { credentials, changes: { changes: [{ chatSession: { credentials } }] } },
        node: { credentials },
        chatSessions: {
          nodes: [{ credentials, messages: { nodes: [] } }],
          edges: [{ node: { credentials } }],
        },
      });
    }
  });

  test('that are merged from two servers at once, by a user and by a service, all survive', async () => {
    const { id, client, session } = await newSession({ kept: true, key0: 'old' });
    const other = (await withKeys(testCredentialsKey)).as();
    const mergeTen = async (caller: Client, name: string) => {
      for (const n of numbers(10)) {
        const credentials = { [`${name}${n}`]: n, ...(n === 5 ? { key0: null } : {}) };
        await updated(caller, { id, credentials, jsonUpdate: 'MERGE', addPromptTokens: 1 });
      }
    };
    await Promise.all([
      ...numbers(4).map((n) => mergeTen(client, `user ${n} `)),
      ...numbers(4).map((n) => mergeTen(other, `service ${n} `)),
      ...numbers(20).map((n) => updated(client, { id, title: `title ${n}` })),
    ]);
    const after = await readSession(client, id);
    const names = ['user', 'service'].flatMap((name) =>
      numbers(4).flatMap((n) => numbers(10).map((m) => [`${name} ${n} ${m}`, m] as const)),
    );
    expect(after.credentials).toEqual({ kept: true, ...Object.fromEntries(names) });
    expect(after).toMatchObject({ totalPromptTokens: 80, revision: session.revision + 100 });
    expect(after.title).toMatch(/^title \d+$/);
  });

  test('that 200 merge at once through one server survive, in two statements each', async () => {
    const { id, client, session } = await newSession({ kept: true });
    const { statements } = await app.countingStatements(() =>
      Promise.all(
        numbers(200).map((n) =>
          updated(client, { id, credentials: { [`key ${n}`]: n }, jsonUpdate: 'MERGE' }),
        ),
      ),
    );
    expect(await readSession(client, id)).toMatchObject({
      credentials: { kept: true, ...Object.fromEntries(numbers(200).map((n) => [`key ${n}`, n])) },
      revision: session.revision + 200,
    });
    expect(statements).toHaveLength(400);
  });

  test('and what is changed with them are one change, or none', async () => {
    const { id, client } = await newSession({ a: 1 });
    const before = await updated(client, { id, totalPromptTokens: 2_147_483_647 });
    const { extensions } = await client.runError(Update, {
      input: { id, credentials: { b: 2 }, jsonUpdate: 'MERGE', title: 'not this', addPromptTokens: 1 },
    });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'addPromptTokens'] });
    expect(await readSession(client, id)).toEqual(before);
  });

  test.each([
    ['the same map', { credentials: { b: [{ d: 1, c: 2 }], a: 1 } }],
    ['a merge of nothing', { credentials: {}, jsonUpdate: 'MERGE' as const }],
    ['a merge of what is there', { credentials: { a: 1 }, jsonUpdate: 'MERGE' as const }],
  ])('are no change when they stay the same: %s', async (_what, changes) => {
    const { id, client, session } = await newSession({ a: 1, b: [{ c: 2, d: 1 }] });
    const stored = await storedCredentials(sql, id);
    expect(await updated(client, { id, ...changes })).toEqual(session);
    expect(await storedCredentials(sql, id)).toBe(stored);
  });
});

describe('a value in the table', () => {
  test('belongs to its session: copied to another one it is refused', async () => {
    const from = await newSession({ [marker]: marker });
    const to = await newSession({ a: 1 });
    await storeCredentials(sql, to.id, await storedCredentials(sql, from.id));
    await expectUnreadable(to.client, to.id);
    expect(await readSession(from.client, from.id)).toMatchObject({ credentials: { [marker]: marker } });
  });

  const other = newCredentialsKey('other');
  test.each<[string, (parts: [string, string, string, string]) => unknown]>([
    ['another byte', ([v, key, nonce, data]) => [v, key, nonce, flipped(data, 5)].join('.')],
    ['another tag', ([v, key, nonce, data]) => [v, key, nonce, flipped(data, data.length - 8)].join('.')],
    ['another nonce', ([v, key, nonce, data]) => [v, key, flipped(nonce, 3), data].join('.')],
    ['a short nonce', ([v, key, nonce, data]) => [v, key, nonce.slice(4), data].join('.')],
    ['the name of another key', ([v, , nonce, data]) => [v, 'other', nonce, data].join('.')],
    ['the name of no key', ([v, , nonce, data]) => [v, 'gone', nonce, data].join('.')],
    ['a missing end', ([v, key, nonce, data]) => [v, key, nonce, data.slice(0, -8)].join('.')],
    ['nothing but a beginning', ([v, key, nonce]) => [v, key, nonce, 'AAAA'].join('.')],
    ['another version', ([, key, nonce, data]) => ['v2', key, nonce, data].join('.')],
    ['any text', () => 'MARKER'],
    ['a list', () => ['MARKER']],
    ['null', () => null],
  ])('that was changed is refused: %s', async (_what, change) => {
    const { id } = await newSession({ [marker]: marker });
    const stored = String(await storedCredentials(sql, id));
    await storeCredentials(sql, id, change(stored.split('.') as [string, string, string, string]));
    await expectUnreadable((await bothKeys()).as(), id);
  });

  let both: Promise<TestApp> | undefined;
  const bothKeys = () => (both ??= withKeys(`${testCredentialsKey}, ${other}`));

  test('in plain text, from before there was encryption, is read, merged and encrypted', async () => {
    const { id, client } = await newSession({});
    await storeCredentials(sql, id, { [marker]: marker, v: 1, kid: 'test' });
    expect((await readSession(client, id)).credentials).toEqual({ [marker]: marker, v: 1, kid: 'test' });
    await updated(client, { id, title: 'another title' });
    await updated(client, { id, credentials: { new: 1, v: null }, jsonUpdate: 'MERGE' });
    expect(await rowOf(id)).not.toContain(marker);
    expect((await readSession(client, id)).credentials).toEqual({ [marker]: marker, kid: 'test', new: 1 });
  });

  test.each([
    ['in plain text', (_id: string, json: string) => JSON.parse(json) as unknown],
    ['under an old key', (id: string, json: string) => cipherFor(other).encrypt(id, json)],
  ])('%s is encrypted with the first key also by a write that changes nothing', async (_what, store) => {
    const { id, session } = await newSession({ a: marker });
    await storeCredentials(sql, id, store(id, JSON.stringify({ a: marker })));
    const service = (await bothKeys()).as();
    expect(await updated(service, { id, credentials: { a: marker } })).toEqual(session);
    expect(decrypted(id, await storedCredentials(sql, id))).toEqual({ a: marker });
  });
});

function flipped(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

describe('a server with other keys', () => {
  const first = newCredentialsKey('new');

  test('reads what an old key of its list encrypted, and writes under the first one', async () => {
    const { id, client } = await newSession({ a: 1, b: 2 });
    const rotated = (await withKeys(`${first},${testCredentialsKey}`)).as();
    expect(await readSession(rotated, id)).toMatchObject({ credentials: { a: 1, b: 2 } });
    await updated(rotated, { id, credentials: { b: null, c: 3 }, jsonUpdate: 'MERGE' });
    expect(decrypted(id, await storedCredentials(sql, id), first)).toEqual({ a: 1, c: 3 });
    await expectUnreadable(client, id);
  });

  test.each([
    ['a key of another name', newCredentialsKey('new')],
    ['another key of the same name', newCredentialsKey('test')],
    ['none', ''],
  ])('has an error on that field alone, with %s', async (_what, keys) => {
    const { id, user, client, session } = await newSession({ [marker]: marker });
    const plain = await createSession(client, { title: 'plain' });
    await storeCredentials(sql, plain.id, { a: 1 });
    const other = await start({ DATABASE_URL: app.database.url, CREDENTIALS_KEYS: keys, LOG_LEVEL: 'trace' });
    await expectUnreadable(other.as(user), id);

    const list = await other.as(user).post({ query: '{ chatSessions { nodes { id credentials } } }' });
    expect(codesOf(list.errors)).toEqual(['CREDENTIALS_UNAVAILABLE']);
    expect(list.errors[0]?.path).toEqual(['chatSessions', 'nodes', 1, 'credentials']);
    expect(list.data).toEqual({
      chatSessions: {
        nodes: [
          { id: plain.id, credentials: { a: 1 } },
          { id, credentials: null },
        ],
      },
    });

    // What does not concern credentials goes on; a merge into what can't be read changes nothing at all.
    const stored = await storedCredentials(sql, id);
    const merge = { id, credentials: { b: 1 }, jsonUpdate: 'MERGE', title: 'not this' } as const;
    const refused = await other.as(user).runError(Update, { input: merge });
    expect(codesOf([refused])).toEqual(['CREDENTIALS_UNAVAILABLE']);
    expect(await storedCredentials(sql, id)).toBe(stored);
    expect(await readSession(client, id)).toEqual(session);

    // The operator is told why, and neither keys nor credentials.
    await until(() => other.log.filter(({ msg }) => msg === 'A request failed.').length === 3);
    const log = JSON.stringify(other.log);
    expect(log).toContain(`Credentials of the session ${id}`);
    for (const secret of [marker, ...keyTexts(keys), ...keyTexts(testCredentialsKey)]) {
      expect(log).not.toContain(secret);
    }
  });

  test('tells watchers of a change, with an error on that field alone', async () => {
    const { id, user, client } = await newSession({ [marker]: marker });
    const other = await withKeys(newCredentialsKey('new'));
    const changes = await watch<unknown, object>(
      other.url,
      { 'x-user-id': user },
      `subscription { chatSessionChanges(sessionId: "${id}") { __typename ... on ChatSessionUpdated { chatSession { title credentials } } } }`,
      {},
    );
    await changes.next();
    await updated(client, { id, title: 'new' });
    const event = await changes.next();
    changes.stop();
    expect(event?.data).toEqual({
      chatSessionChanges: {
        __typename: 'ChatSessionUpdated',
        chatSession: { title: 'new', credentials: null },
      },
    });
    expect(codesOf(event?.errors ?? [])).toEqual(['CREDENTIALS_UNAVAILABLE']);
  });

  test('replaces what it can not read', async () => {
    const { id, user } = await newSession({ a: 1 });
    const other = await withKeys(newCredentialsKey('new'));
    const after: Session = await updated(other.as(user), { id, credentials: { a: 2 } });
    expect(after).toMatchObject({ credentials: { a: 2 }, revision: 1 });
  });
});

/** What must not be told of keys: in base64, in hexadecimal, and as their beginning would stand in a dump. */
function keyTexts(keys: string): string[] {
  return keys.split(',').flatMap((each) => {
    const base64 = each.split(':')[1];
    if (base64 === undefined) return [];
    const bytes = Buffer.from(base64, 'base64');
    return [base64, bytes.toString('base64url'), bytes.toString('hex'), bytes.subarray(0, 8).join(',')];
  });
}

describe('a server on a database of its operator without a key', () => {
  test('takes no credentials, and does everything else', async () => {
    const other = await start({ DATABASE_URL: app.database.url, CREDENTIALS_KEYS: '' });
    const client = other.as(newUser());
    const id = randomUUID();
    const refused = await client.runError(Create, { input: { id, credentials: { [marker]: marker } } });
    expect(codesOf([refused])).toEqual(['CREDENTIALS_UNAVAILABLE']);
    expect(await rowOf(id)).toBe('');

    await createSession(client, { id, title: 'a', credentials: {}, successfulAgentRuns: { b: 1 } });
    const before = await updated(client, { id, credentials: {}, title: 'b', addPromptTokens: 1 });
    expect(before).toMatchObject({ credentials: {}, title: 'b', totalPromptTokens: 1 });
    for (const jsonUpdate of ['MERGE', 'REPLACE'] as const) {
      const input = { id, credentials: { [marker]: marker }, jsonUpdate, title: 'not this' };
      expect(codesOf([await client.runError(Update, { input })])).toEqual(['CREDENTIALS_UNAVAILABLE']);
    }
    expect(await readSession(client, id)).toEqual(before);

    await storeCredentials(sql, id, { plain: 1 });
    expect((await readSession(client, id)).credentials).toEqual({ plain: 1 });
    expect(await updated(client, { id, credentials: {} })).toMatchObject({ credentials: {} });
  });
});
