import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { SidebarChangesSubscription } from '../support/generated/graphql.js';
import { appended, createSession, Delete, fromUser, updated } from '../support/ledger.js';
import { Sidebar, readList, WatchList } from '../support/sidebar.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { watch, type Watch } from '../support/watch.js';

// Times of changes say nothing of when they are committed, and clocks go wrong. Nothing of a list is missed for that.

const startTestApp = startsTestApps();

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});

type Change = SidebarChangesSubscription['userChatSessionChanges'];

async function next(stream: Watch<SidebarChangesSubscription>): Promise<Change> {
  return (await stream.nextData()).userChatSessionChanges;
}

/** Who follows the list of a user, from now on unless a cursor is given. */
async function follow(user: string, after?: string, url = app.url) {
  const stream = await watch(url, { 'x-user-id': user }, WatchList, { after });
  if (after === undefined)
    expect(await next(stream)).toMatchObject({ __typename: 'UserChatSessionsCaughtUp' });
  return stream;
}

/** The changes that follow a cursor, and the cursor behind them. */
async function changesAfter(user: string, cursor: string) {
  const stream = await follow(user, cursor);
  const changes: Change[] = [];
  for (;;) {
    const change = await next(stream);
    if (change.__typename === 'UserChatSessionsCaughtUp') {
      stream.stop();
      return { ids: changes.map(idOf), cursor: change.cursor };
    }
    changes.push(change);
  }
}

function idOf(change: Change): string | undefined {
  if (change.__typename === 'UserChatSessionMoved') return change.chatSession.id;
  return change.__typename === 'UserChatSessionDeleted' ? change.sessionId : undefined;
}

/** A clock for connections that look for functions here first. */
async function setClockBack(sql: pg.Pool, schema: string, seconds: number): Promise<void> {
  await sql.query(`CREATE SCHEMA ${schema}`);
  await sql.query(
    `CREATE FUNCTION ${schema}.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
     AS 'SELECT pg_catalog.statement_timestamp() - ${seconds} * interval ''1 second'''`,
  );
}

const pathOf = (schema: string) => `${schema}, pg_catalog, public`;

/** A transaction in which the server's own statement has appended to a session, as it looked so many seconds ago. */
async function openAppend(user: string, sessionId: string, secondsAgo: number) {
  const { id: other } = await createSession(app.as(user));
  const { statements } = await app.recordingStatements(() => appended(app.as(user), other, fromUser('late')));
  const append = statements.find(({ text }) => text.includes('/* append_messages'));
  if (!append) throw new Error('No append was sent.');
  const schema = `clock_${randomUUID().replaceAll('-', '')}`;
  await setClockBack(app.database.sql, schema, secondsAgo);
  const client = new pg.Client({ connectionString: app.database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`SET LOCAL search_path = ${pathOf(schema)}`);
  const values = append.values.map((value) =>
    value === other
      ? sessionId
      : typeof value === 'string'
        ? value.replace(/"id":"[^"]*"/, `"id":"${randomUUID()}"`)
        : value,
  );
  expect((await client.query(append.text, values)).rowCount).toBe(1);
  return {
    commit: async () => {
      await client.query('COMMIT');
      await client.end();
    },
  };
}

describe('what is committed late', () => {
  test('is told to those who watch and to those who come back', async () => {
    const user = newUser();
    const client = app.as(user);
    const { id: late } = await createSession(client, { title: 'late' });
    const { id: other } = await createSession(client, { title: 'other' });
    // As when a synchronous standby was silent for 28 s.
    const transaction = await openAppend(user, late, 28);
    const stream = await follow(user);
    await appended(client, other, fromUser('meanwhile'));
    const told = await next(stream);
    expect(idOf(told)).toBe(other);
    const { cursor } = await changesAfter(user, told.cursor);

    await transaction.commit();
    await updated(client, { id: other, title: 'at last' });
    const rest = [await next(stream), await next(stream)];
    expect(rest.map(idOf).sort()).toEqual([late, other].sort());
    stream.stop();
    for (const after of [told.cursor, cursor]) {
      expect((await changesAfter(user, after)).ids.sort()).toEqual([late, other].sort());
    }
  });

  test('is found by those who look for it, without a hint', async () => {
    const polling = { LIVE_NOTIFY: 'off', LIVE_POLL_MILLISECONDS: '1000' };
    const here = await startTestApp({ ...polling, DATABASE_URL: app.database.url });
    const user = newUser();
    const { id } = await createSession(app.as(user));
    const transaction = await openAppend(user, id, 28);
    const streams = [await follow(user, undefined, here.url), await follow(user, undefined, here.url)];
    await transaction.commit();
    for (const stream of streams) {
      expect(idOf(await next(stream))).toBe(id);
      stream.stop();
    }
  });

  test('elsewhere, holds up nothing and repeats nothing', async () => {
    const user = newUser();
    const client = app.as(user);
    const elsewhere = new pg.Client({ connectionString: process.env['TEST_SERVER_URL'] });
    await elsewhere.connect();
    await elsewhere.query('BEGIN; SELECT pg_current_xact_id()');
    try {
      const stream = await follow(user);
      const ids: string[] = [];
      const cursors: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        ids.push((await createSession(client)).id);
        const change = await next(stream);
        expect(idOf(change)).toBe(ids[n]);
        cursors.push(change.cursor);
      }
      for (const [n, cursor] of cursors.entries())
        expect((await changesAfter(user, cursor)).ids).toEqual(ids.slice(n + 1));
      stream.stop();
    } finally {
      await elsewhere.end();
    }
  });
});

test('nothing is missed while the clock of the database is a minute back', async () => {
  const user = newUser();
  const client = app.as(user);
  const { id: changed } = await createSession(client);
  const { id: deleted } = await createSession(client);
  const stream = await follow(user);
  const sidebar = new Sidebar(await readList(client));
  await updated(client, { id: changed, title: 'right' });
  const { cursor } = await next(stream);

  await setClockBack(app.database.sql, 'a_minute_back', 60);
  const name = new URL(app.database.url).pathname.slice(1);
  await app.database.sql.query(`ALTER DATABASE "${name}" SET search_path = ${pathOf('a_minute_back')}`);
  const tables = ['"ChatSession" ALTER "updatedAt"', '"ChatSession" ALTER "createdAt"'];
  for (const table of tables)
    await app.database.sql.query(`ALTER TABLE ${table} SET DEFAULT a_minute_back.statement_timestamp()`);
  try {
    const back = await startTestApp({ DATABASE_URL: app.database.url });
    const writer = back.as(user);
    const { id: created } = await createSession(writer, { title: 'of a minute ago' });
    expect(idOf(await next(stream))).toBe(created);
    await updated(writer, { id: created, title: 'still' });
    expect(idOf(await next(stream))).toBe(created);
    await writer.runOk(Delete, { input: { id: deleted } });
    expect(await next(stream)).toMatchObject({ __typename: 'UserChatSessionDeleted', sessionId: deleted });
    stream.stop();

    const resumed = await follow(user, cursor);
    for (;;) {
      const change = await next(resumed);
      sidebar.apply(change);
      if (change.__typename === 'UserChatSessionsCaughtUp') break;
    }
    resumed.stop();
    expect(sidebar.items.map(({ id }) => id).sort()).toEqual([changed, created].sort());
    expect(sidebar.items.find(({ id }) => id === created)).toMatchObject({ title: 'still' });
  } finally {
    await app.database.sql.query(`ALTER DATABASE "${name}" RESET search_path`);
    for (const table of tables)
      await app.database.sql.query(`ALTER TABLE ${table} SET DEFAULT CURRENT_TIMESTAMP`);
  }
});

test('positions that came with a dump from a busier database are no moves to come', async () => {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  const { id: other } = await createSession(client);
  await app.database.sql.query('UPDATE "ChatSession" SET "listTransaction" = 1e12 WHERE id = $1', [id]);
  const stream = await follow(user);
  await updated(client, { id: other, title: 'other' });
  const told = await next(stream);
  expect(idOf(told)).toBe(other);
  expect((await changesAfter(user, told.cursor)).ids).toEqual([]);
  await updated(client, { id, title: 'moved here' });
  expect(idOf(await next(stream))).toBe(id);
  stream.stop();
});

describe('a cursor from which nobody can tell what happened since', () => {
  const day = 86_400_000;
  /** A cursor with other parts than the one that was given. */
  const altered = (cursor: string, alter: (parts: [string, number, number, number[]]) => unknown) => {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString().slice(1)) as Parameters<
      typeof alter
    >[0];
    return Buffer.from(`u${JSON.stringify(alter(parts))}`).toString('base64url');
  };

  test.each<[string, Parameters<typeof altered>[1]]>([
    ['of a version before', ([, time]) => [time]],
    ['of another database', ([, ...rest]) => ['another', ...rest]],
    [
      'of a state to which this database never came',
      ([epoch, time, next, open]) => [epoch, time, next + 1e9, open],
    ],
    [
      'of a time whose deletions are forgotten',
      ([epoch, time, ...rest]) => [epoch, time - 30 * day, ...rest],
    ],
  ])('%s is refused, and the SDK begins anew', async (_name, alter) => {
    const user = newUser();
    const first = await watch(app.url, { 'x-user-id': user }, WatchList, {});
    const after = altered((await next(first)).cursor, alter);
    first.stop();
    const refused = await watch(app.url, { 'x-user-id': user }, WatchList, { after });
    expect(await refused.next()).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'CONFLICT', retryable: false } }],
    });

    const list = app.ledgerOf(user, { retry: { minDelay: 1, maxDelay: 2 } }).sessions.watchList({ after });
    expect(await list.next()).toMatchObject({
      value: { __typename: 'UserChatSessionsCaughtUp', isStart: true },
    });
    const { id } = await createSession(app.as(user));
    expect(await list.next()).toMatchObject({ value: { chatSession: { id } } });
    await list.return(undefined);
  });

  test('is none that is good, by which the SDK goes on', async () => {
    const user = newUser();
    const first = await watch(app.url, { 'x-user-id': user }, WatchList, {});
    const { cursor: after } = await next(first);
    first.stop();
    const list = app.ledgerOf(user).sessions.watchList({ after: altered(after, (parts) => parts) });
    expect(await list.next()).toMatchObject({
      value: { __typename: 'UserChatSessionsCaughtUp', isStart: false },
    });
    await list.return(undefined);
  });

  test.each([
    ['["x", 1, 2]'],
    ['["x", 1, 2, [-1]]'],
    ['["x", 1, 1e300, []]'],
    ['[1, 2]'],
    ['["x", 1, 2, ["1"]]'],
  ])('%s is none', async (parts) => {
    const after = Buffer.from(`u${parts}`).toString('base64url');
    const garbled = await watch(app.url, { 'x-user-id': newUser() }, WatchList, { after });
    expect(await garbled.next()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['after'] } }],
    });
  });
});
