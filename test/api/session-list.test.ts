import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import type { ListSessionsQueryVariables } from '../support/generated/graphql.js';
import {
  appended,
  createSession,
  Delete,
  fromUser,
  numbers,
  updateContent,
  updated,
} from '../support/ledger.js';
import { combinations, windowOf, type WindowOfArguments } from '../support/list-model.js';
import { newUser, useTestApp } from '../support/test-app.js';

const Sessions = graphql(`
  query ListSessions($first: Int, $after: String, $last: Int, $before: String, $offset: Int) {
    chatSessions(first: $first, after: $after, last: $last, before: $before, offset: $offset) {
      nodes {
        id
        updatedAt
      }
      edges {
        cursor
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
  }
`);

const SessionsOf = graphql(`
  query ListSessionsOf($userId: ID!) {
    chatSessions(userId: $userId) {
      nodes {
        id
      }
      totalCount
    }
  }
`);

const app = useTestApp();

interface Entry {
  readonly id: string;
  readonly updatedAt: string;
}

/** Most recent first, ties by id downwards. */
const inList = (a: Entry, b: Entry) => (key(a) < key(b) ? 1 : key(a) > key(b) ? -1 : 0);
const key = ({ updatedAt, id }: Entry) => `${updatedAt} ${id}`;

/** A user with sessions that were changed at these times. */
async function userWith(...times: string[]) {
  const user = newUser();
  const client = app.as(user);
  const entries = times.map((updatedAt): Entry => ({ id: randomUUID(), updatedAt }));
  await app.database.sql.query(
    `INSERT INTO "ChatSession" (id, "userId", "updatedAt") SELECT id, $1, time
     FROM unnest($2::uuid[], $3::timestamptz[]) AS made(id, time)`,
    [user, entries.map(({ id }) => id), times],
  );
  return {
    user,
    client,
    /** In the order of the list. */
    entries: entries.sort(inList),
    read: async (window: ListSessionsQueryVariables = {}) =>
      (await client.runOk(Sessions, window)).chatSessions,
    remove: (id: string) => app.database.sql.query('DELETE FROM "ChatSession" WHERE id = $1', [id]),
  };
}
type User = Awaited<ReturnType<typeof userWith>>;

const day = (n: number) => `2020-01-0${n}T12:00:00.00${n}Z`;
const tie = day(5);

describe('a window of sessions', () => {
  let list: User;
  let cursors: Map<string, string>;
  let left: Entry[];
  beforeAll(async () => {
    list = await userWith(day(9), day(8), tie, tie, tie, day(2), day(1));
    const { edges } = await list.read({ first: 1000 });
    cursors = new Map(edges.map(({ node, cursor }) => [node.id, cursor]));
    // One of those that share a time goes once its cursor is known.
    const gone = list.entries[3]?.id ?? '';
    await list.remove(gone);
    left = list.entries.filter(({ id }) => id !== gone);
  });

  const check = async (window: WindowOfArguments<number>) => {
    const place = (index: number | undefined) => (index === undefined ? undefined : list.entries[index]);
    const cursorOf = (entry: Entry | undefined) => (entry ? (cursors.get(entry.id) ?? 'none') : null);
    const [after, before] = [place(window.after), place(window.before)];
    const got = await list.read({
      first: window.first ?? null,
      last: window.last ?? null,
      after: cursorOf(after),
      before: cursorOf(before),
      offset: window.offset ?? null,
    });
    const { page, ...sides } = windowOf(left, { ...window, after, before }, 'start', inList);
    expect({ window, ...got }).toEqual({
      window,
      nodes: page,
      edges: page.map((entry) => ({ cursor: cursorOf(entry), node: { id: entry.id } })),
      pageInfo: { ...sides, startCursor: cursorOf(page.at(0)), endCursor: cursorOf(page.at(-1)) },
      totalCount: 6,
    });
  };

  test.each(combinations([0, 3, 4, 6], [0, 1, 3, 6, 1000]))(
    'holds what a list in memory would: $size with every pair of cursors',
    async ({ windows }) => {
      for (const window of windows) await check(window);
    },
  );

  test.each([0, 1, 3, 5, 6, 7, 100])('leaves out what an offset of %i says', async (offset) => {
    await check({ offset });
    for (const { windows } of combinations([0, 3, 6], [0, 2, 6])) {
      for (const window of windows.filter(({ first }) => first !== undefined))
        await check({ ...window, offset });
    }
  });

  test('of a user without sessions is empty at every end', async () => {
    const { read } = await userWith();
    for (const window of [{}, { first: 5 }, { last: 5 }, { first: 0 }, { last: 0 }, { offset: 3 }]) {
      expect(await read(window)).toEqual({
        nodes: [],
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
        totalCount: 0,
      });
    }
  });
});

describe('1,000 sessions that share one updatedAt', () => {
  let list: User;
  let ids: string[];
  beforeAll(async () => {
    list = await userWith(...numbers(1000).map(() => tie));
    ids = list.entries.map(({ id }) => id);
  });

  /** Reads page by page; `between` may do something behind the back of the reader. */
  async function forwards(
    { read }: User,
    size: number,
    between?: (endCursor: string, page: string[]) => unknown,
  ) {
    const found: string[] = [];
    for (let after: string | null = null; ;) {
      const { nodes, pageInfo }: Awaited<ReturnType<User['read']>> = await read({ first: size, after });
      const page = nodes.map(({ id }) => id);
      found.push(...page);
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage || after === null) return found;
      await between?.(after, page);
    }
  }

  async function backwards(
    { read }: User,
    size: number,
    between?: (startCursor: string, page: string[]) => unknown,
  ) {
    const found: string[] = [];
    for (let before: string | null = null; ;) {
      const { nodes, pageInfo }: Awaited<ReturnType<User['read']>> = await read({ last: size, before });
      const page = nodes.map(({ id }) => id);
      found.unshift(...page);
      before = pageInfo.startCursor;
      if (!pageInfo.hasPreviousPage || before === null) return found;
      await between?.(before, page);
    }
  }

  test.each([1000, 333, 50])('are each found once, forwards and backwards, in pages of %i', async (size) => {
    expect(await forwards(list, size)).toEqual(ids);
    expect(await backwards(list, size)).toEqual(ids);
  });

  test('lose nothing when the row behind each cursor is deleted between pages', async () => {
    const one = await userWith(...numbers(200).map(() => tie));
    const removed: string[] = [];
    const found = await forwards(one, 17, async (_cursor, page) => {
      removed.push(page.at(-1) ?? '');
      await one.remove(page.at(-1) ?? '');
    });
    expect(found).toEqual(one.entries.map(({ id }) => id));
    expect(removed).toHaveLength(11);

    const other = await userWith(...numbers(200).map(() => tie));
    expect(await backwards(other, 17, (_cursor, page) => other.remove(page[0] ?? ''))).toEqual(
      other.entries.map(({ id }) => id),
    );
  });
});

describe('the list of sessions', () => {
  test('without arguments is the newest 50', async () => {
    const { read, entries } = await userWith(
      ...numbers(60).map((n) => new Date(Date.UTC(2020, 0, 1) + n).toISOString()),
    );
    const { nodes, pageInfo, totalCount } = await read();
    expect(nodes).toEqual(entries.slice(0, 50));
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(totalCount).toBe(60);
    const next = await read({ after: pageInfo.endCursor });
    expect(next.nodes).toEqual(entries.slice(50));
  });

  test('begins at the start after an empty cursor, and at the end before one', async () => {
    const { read } = await userWith(day(1), day(2), day(3), day(4));
    for (const [empty, same] of [
      [{ after: '' }, {}],
      [{ first: 2, after: '' }, { first: 2 }],
      [
        { first: 2, after: '', offset: 1 },
        { first: 2, offset: 1 },
      ],
      [{ last: 2, before: '' }, { last: 2 }],
      [{ before: '' }, { last: 50 }],
    ])
      expect(await read(empty)).toEqual(await read(same));
  });

  test('brings a session to the top with each change of it', async () => {
    const { client, entries, read } = await userWith(day(1), day(2), day(3), day(4));
    const [fourth, third, second, first] = entries.map(({ id }) => id) as [string, string, string, string];
    const order = async () => (await read()).nodes.map(({ id }) => id);
    const settle = () =>
      // To the past again, so that two changes within a millisecond are no tie.
      app.database.sql.query(
        `UPDATE "ChatSession" SET "updatedAt" = '2021-01-01'::timestamptz + revision * interval '1 s'
         WHERE id = ANY($1) AND revision > 0`,
        [entries.map(({ id }) => id)],
      );

    await appended(client, first, fromUser('a'));
    expect(await order()).toEqual([first, fourth, third, second]);
    await settle();
    await updated(client, { id: third, title: 'a' });
    expect(await order()).toEqual([third, first, fourth, second]);
    await settle();
    await appended(client, second, [{ role: 'TOOL', toolCallId: 'call' }]);
    await settle();
    await updateContent(client, { sessionId: second, toolCallId: 'call', content: 'a' });
    expect((await order())[0]).toBe(second);
    await client.runOk(Delete, { input: { id: second } });
    expect(await order()).not.toContain(second);
  });

  test('holds only those of one user, for a service too', async () => {
    const [one, other] = [await userWith(day(1), day(2)), await userWith(day(3))];
    expect((await one.read()).nodes).toEqual(one.entries);
    const service = app.as();
    for (const { user, entries } of [one, other]) {
      const { chatSessions } = await service.runOk(SessionsOf, { userId: user });
      expect(chatSessions).toEqual({
        nodes: entries.map(({ id }) => ({ id })),
        totalCount: entries.length,
      });
    }
  });

  test('shows a new session', async () => {
    const { client, read } = await userWith();
    const { id, updatedAt } = await createSession(client);
    expect(await read()).toMatchObject({ nodes: [{ id, updatedAt }], totalCount: 1 });
  });
});
