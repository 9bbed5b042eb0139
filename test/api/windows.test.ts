import { beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import type { WindowsMessagesQueryVariables } from '../support/generated/graphql.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { combinations, windowOf } from '../support/list-model.js';
import { newUser, useTestApp } from '../support/test-app.js';

const Messages = graphql(`
  query WindowsMessages($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    chatSession(id: $id) {
      messages(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          sequence
        }
        edges {
          cursor
          node {
            sequence
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
  }
`);

const app = useTestApp();

/** A session with messages at these sequences, one append each stretch. */
async function sessionAt(...sequences: number[]) {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  for (const startSequence of sequences) await appended(client, id, fromUser('message'), { startSequence });
  const read = async (window: Omit<WindowsMessagesQueryVariables, 'id'> = {}) => {
    const { chatSession } = await client.runOk(Messages, { id, ...window });
    if (!chatSession) throw new Error('There is no such session.');
    return chatSession.messages;
  };
  const { edges } = await read({ first: 1000 });
  const cursors = new Map(edges.map(({ node, cursor }) => [node.sequence, cursor]));
  return { client, id, read, cursors };
}

describe('a window of messages', () => {
  const sequences = [0, 1, 2, 10, 11, 12, 20];
  // The message at 10 is deleted once its cursor is known.
  const places = [0, 10, 11, 20];
  const left = sequences.filter((sequence) => sequence !== 10);

  let session: Awaited<ReturnType<typeof sessionAt>>;
  beforeAll(async () => {
    session = await sessionAt(...sequences);
    await app.database.sql.query('DELETE FROM "ChatMessage" WHERE "sessionId" = $1 AND sequence = 10', [
      session.id,
    ]);
  });

  const cursorAt = (place: number | undefined) =>
    place === undefined ? null : (session.cursors.get(place) ?? 'none');

  test.each(combinations(places, [0, 1, 3, 6, 1000]))(
    'holds what a list in memory would: $size with every pair of cursors',
    async ({ windows }) => {
      for (const window of windows) {
        const got = await session.read({
          first: window.first ?? null,
          last: window.last ?? null,
          after: cursorAt(window.after),
          before: cursorAt(window.before),
        });
        const { page, hasNextPage, hasPreviousPage } = windowOf(left, window, 'end');
        expect({ window, ...got }).toEqual({
          window,
          nodes: page.map((sequence) => ({ sequence })),
          edges: page.map((sequence) => ({ cursor: cursorAt(sequence), node: { sequence } })),
          pageInfo: {
            hasNextPage,
            hasPreviousPage,
            startCursor: cursorAt(page.at(0)),
            endCursor: cursorAt(page.at(-1)),
          },
          totalCount: 7,
        });
      }
    },
  );

  test('of a session without messages is empty at every end', async () => {
    const { read } = await sessionAt();
    for (const window of [{}, { first: 5 }, { last: 5 }, { first: 0 }, { last: 0 }]) {
      expect(await read(window)).toEqual({
        nodes: [],
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
        totalCount: 0,
      });
    }
  });

  test('without arguments is the newest 100, in ascending order', async () => {
    const { client, id, read } = await sessionAt();
    await appended(client, id, fromUser(...numbers(250).map(String)));
    const { nodes, pageInfo, totalCount } = await read();
    expect(nodes.map(({ sequence }) => sequence)).toEqual(numbers(100).map((n) => n + 150));
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(totalCount).toBe(250);
  });

  test('begins at the start after an empty cursor, and at the end before one', async () => {
    const { client, id, read } = await sessionAt();
    await appended(client, id, fromUser(...numbers(120).map(String)));
    for (const [empty, same] of [
      [{ first: 3, after: '' }, { first: 3 }],
      [{ last: 3, before: '' }, { last: 3 }],
      [{ after: '' }, { first: 100 }],
      [{ before: '' }, { last: 100 }],
      [{ last: 3, after: '' }, { last: 3 }],
      [{ first: 3, before: '' }, { first: 3 }],
      [{ first: 3, after: '', before: '' }, { first: 3 }],
    ])
      expect(await read(empty)).toEqual(await read(same));
  });

  test('with a cursor alone is the 100 next to it', async () => {
    const { client, id, read } = await sessionAt();
    await appended(client, id, fromUser(...numbers(350).map(String)));
    const { pageInfo } = await read();
    const earlier = await read({ before: pageInfo.startCursor });
    expect(earlier.nodes.map(({ sequence }) => sequence)).toEqual(numbers(100).map((n) => n + 150));
    const later = await read({ after: earlier.pageInfo.endCursor });
    expect(later.nodes.map(({ sequence }) => sequence)).toEqual(numbers(100).map((n) => n + 250));
  });

  test.each([1, 7, 1000])('pages of %i, in both directions, give each message once', async (size) => {
    const { client, id, read } = await sessionAt();
    const count = size === 1 ? 20 : 1_003;
    for (const part of numbers(Math.ceil(count / 500))) {
      const length = Math.min(500, count - part * 500);
      await appended(client, id, fromUser(...numbers(length).map(String)));
    }
    const forward: number[] = [];
    for (
      let page = await read({ first: size });
      ;
      page = await read({ first: size, after: page.pageInfo.endCursor })
    ) {
      forward.push(...page.nodes.map(({ sequence }) => sequence));
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(forward).toEqual(numbers(count));

    const backward: number[] = [];
    for (
      let page = await read({ last: size });
      ;
      page = await read({ last: size, before: page.pageInfo.startCursor })
    ) {
      backward.unshift(...page.nodes.map(({ sequence }) => sequence));
      if (!page.pageInfo.hasPreviousPage) break;
    }
    expect(backward).toEqual(numbers(count));
  });
});
