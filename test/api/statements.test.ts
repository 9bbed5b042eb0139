import { describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import {
  Append,
  AppendBatch,
  appended,
  Create,
  createSession,
  fromUser,
  numbers,
  Update,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

/** A user with sessions of some messages each. */
async function userWith(sessions: number, messages: number) {
  const client = app.as(newUser());
  const ids = await Promise.all(
    numbers(sessions).map(async (n) => {
      const { id } = await createSession(client);
      await appended(client, id, fromUser(...numbers(messages).map((m) => `session ${n}, message ${m}`)));
      return id;
    }),
  );
  return { client, ids };
}

describe('50 sessions', () => {
  const LastMessages = graphql(`
    query StatementsLastMessages {
      chatSessions {
        nodes {
          id
          title
          messages(last: 20) {
            nodes {
              sequence
              role
              content
            }
          }
        }
      }
    }
  `);

  test('with their last 20 messages each take one statement', async () => {
    const { client, ids } = await userWith(50, 30);
    const { result, statements } = await app.countingStatements(() => client.runOk(LastMessages));
    const { nodes } = result.chatSessions;
    expect(nodes.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { messages } of nodes) {
      expect(messages.nodes.map(({ sequence }) => sequence)).toEqual(numbers(20).map((n) => n + 10));
    }
    expect(new Set(nodes.flatMap(({ messages }) => messages.nodes.map(({ content }) => content))).size).toBe(
      1000,
    );
    expect(statements).toMatchInlineSnapshot(`
     [
       "session_list_with_messages",
     ]
    `);
  });

  const Counts = graphql(`
    query StatementsCounts($first: Int) {
      chatSessions(first: $first) {
        totalCount
        nodes {
          messageCount
          lastMessage {
            content
          }
          messages(first: 0) {
            totalCount
          }
        }
      }
    }
  `);

  test('with messageCount, totalCount and lastMessage take as many as 5', async () => {
    const { client } = await userWith(50, 3);
    const read = (first: number) => app.countingStatements(() => client.runOk(Counts, { first }));
    const [few, all] = [await read(5), await read(50)];
    expect(few.result.chatSessions.nodes).toHaveLength(5);
    expect(all.result.chatSessions).toMatchObject({
      totalCount: 50,
      nodes: Array<unknown>(50).fill({
        messageCount: 3,
        lastMessage: { content: expect.stringMatching(/message 2$/) },
        messages: { totalCount: 3 },
      }),
    });
    expect(few.statements.sort()).toEqual(all.statements.sort());
    expect(all.statements).toMatchInlineSnapshot(`
     [
       "message_windows",
       "session_count",
       "session_list",
     ]
    `);
  });

  const Sides = graphql(`
    query StatementsSides($first: Int, $after: String!) {
      chatSessions(first: $first) {
        nodes {
          messages(first: 2, after: $after) {
            pageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }
            edges {
              cursor
            }
            nodes {
              content
            }
          }
        }
      }
    }
  `);
  const FirstCursor = graphql(`
    query StatementsFirstCursor($id: ID!) {
      chatSession(id: $id) {
        messages(first: 1) {
          pageInfo {
            endCursor
          }
        }
      }
    }
  `);

  test('with all of pageInfo behind a cursor take as many as 5', async () => {
    const { client, ids } = await userWith(50, 5);
    const { chatSession } = await client.runOk(FirstCursor, { id: ids[0] ?? '' });
    const after = chatSession?.messages.pageInfo.endCursor ?? '';
    const read = (first: number) => app.countingStatements(() => client.runOk(Sides, { first, after }));
    const [few, all] = [await read(5), await read(50)];
    expect(all.result.chatSessions.nodes).toHaveLength(50);
    for (const { messages } of all.result.chatSessions.nodes) {
      expect(messages.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    }
    expect(few.statements).toEqual(all.statements);
    expect(all.statements).toMatchInlineSnapshot(`
     [
       "session_list",
       "message_windows",
       "messages_before",
     ]
    `);
  });

  const Nodes = graphql(`
    query StatementsNodes($ids: [ID!]!) {
      nodes(ids: $ids) {
        ... on ChatSession {
          lastMessage {
            session {
              title
            }
          }
        }
      }
    }
  `);

  test('by their ids take as many as 5, down to the session of each last message', async () => {
    const { client, ids } = await userWith(50, 2);
    const read = (some: string[]) => app.countingStatements(() => client.runOk(Nodes, { ids: some }));
    const [few, all] = [await read(ids.slice(0, 5)), await read(ids)];
    expect(all.result.nodes).toEqual(ids.map(() => ({ lastMessage: { session: { title: null } } })));
    expect(few.statements.sort()).toEqual(all.statements.sort());
    expect(all.statements).toMatchInlineSnapshot(`
     [
       "message_windows",
       "messages_by_id",
       "sessions_by_id",
       "sessions_by_id",
     ]
    `);
  });
});

test('each window takes one statement for all sessions, however it is called', async () => {
  const { client } = await userWith(5, 8);
  const Windows = graphql(`
    query StatementsWindows {
      chatSessions {
        nodes {
          newest: messages(last: 2) {
            nodes {
              sequence
            }
          }
          again: messages(last: 2) {
            nodes {
              sequence
            }
          }
          oldest: messages(first: 3) {
            nodes {
              sequence
            }
          }
        }
      }
    }
  `);
  const { result, statements } = await app.countingStatements(() => client.runOk(Windows));
  for (const { newest, again, oldest } of result.chatSessions.nodes) {
    expect(newest.nodes.map(({ sequence }) => sequence)).toEqual([6, 7]);
    expect(again).toEqual(newest);
    expect(oldest.nodes.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  }
  expect(statements).toMatchInlineSnapshot(`
   [
     "session_list",
     "message_windows",
     "message_windows",
   ]
  `);
});

describe('nothing is read that is not selected', () => {
  const queries: [string, string[]][] = [
    ['{ viewer { kind } }', []],
    ['{ __typename chatSessions { __typename } }', []],
    ['{ chatSessions { totalCount } }', ['session_count']],
    ['{ chatSessions { nodes { id } } }', ['session_list']],
    ['{ chatSessions { edges { cursor } } }', ['session_list']],
    ['{ chatSessions { nodes { id } edges { node { title } } pageInfo { endCursor } } }', ['session_list']],
    ['{ chatSessions { pageInfo { hasPreviousPage } } }', []],
    ['{ chatSessions { pageInfo { hasNextPage } } }', ['session_list']],
    ['{ chatSessions(last: 1) { pageInfo { hasNextPage } } }', []],
    ['{ chatSessions(first: 1, after: $cursor) { pageInfo { hasNextPage } } }', ['session_list']],
    ['{ chatSessions(first: 1, after: $cursor) { pageInfo { hasPreviousPage } } }', ['sessions_before']],
    ['{ chatSessions(last: 1, before: $cursor) { pageInfo { hasNextPage } } }', ['sessions_after']],
    ['{ chatSessions(last: 1, before: $cursor) { pageInfo { hasPreviousPage } } }', ['session_list']],
    ['{ chatSession(id: $id) { messageCount } }', ['sessions_by_id']],
    ['{ chatSession(id: $id) { messages { __typename totalCount } } }', ['sessions_by_id']],
    ['{ chatSession(id: $id) { messages { pageInfo { hasNextPage } } } }', ['sessions_by_id']],
    ['{ chatSession(id: $id) { messages { nodes { id } } } }', ['sessions_with_messages_by_id']],
    [
      '{ chatSession(id: $id) { a: messages { nodes { id } } b: messages { nodes { id } } } }',
      ['sessions_by_id', 'message_windows'],
    ],
    [
      '{ chatSessions { edges { node { messages { __typename totalCount nodes { __typename name: id } } } } } }',
      ['session_list_with_messages'],
    ],
    [
      '{ a: chatSession(id: $id) { messages { nodes { id } } } b: chatSession(id: $id) { messages { nodes { id } } } }',
      ['sessions_with_messages_by_id'],
    ],
    [
      '{ chatSession(id: $id) { messages { edges { cursor } pageInfo { startCursor hasPreviousPage } } } }',
      ['sessions_by_id', 'message_windows'],
    ],
    ['{ chatSession(id: $id) { lastMessage { id } } }', ['sessions_by_id', 'message_windows']],
    ['{ a: chatSession(id: $id) { id } b: chatSession(id: $id) { id } }', ['sessions_by_id']],
    [
      '{ chatSession(id: $id) { id lastMessage @skip(if: true) { id } messages @include(if: false) { nodes { id } } } }',
      ['sessions_by_id'],
    ],
    ['{ node(id: $id) { id } }', ['sessions_by_id', 'messages_by_id']],
  ];

  test.each(queries)('%s', async (query, wanted) => {
    const { client, ids } = await userWith(1, 1);
    const cursors = await client.post({ query: '{ chatSessions { pageInfo { endCursor } } }' });
    const { chatSessions } = cursors.data as { chatSessions: { pageInfo: { endCursor: string } } };
    const document = query
      .replaceAll('$id', JSON.stringify(ids[0]))
      .replaceAll('$cursor', JSON.stringify(chatSessions.pageInfo.endCursor));
    const { result, statements } = await app.countingStatements(() => client.post({ query: document }));
    expect(result.errors).toEqual([]);
    expect(statements).toEqual(wanted);
  });
});

describe('a write takes one statement', () => {
  test('for a message, a batch, and an update', async () => {
    const { client, ids } = await userWith(1, 1);
    const [sessionId] = ids as [string];
    const names = async (run: () => Promise<unknown>) => (await app.countingStatements(run)).statements;
    const message = { role: 'USER', content: 'a' } as const;
    expect(await names(() => client.runOk(Append, { input: { sessionId, message } }))).toEqual([
      'append_messages',
    ]);
    const messages = fromUser(...numbers(500).map(String));
    expect(await names(() => client.runOk(AppendBatch, { input: { sessionId, messages } }))).toEqual([
      'append_messages_as_json',
    ]);
    expect(await names(() => client.runOk(Update, { input: { id: sessionId, title: 'a' } }))).toEqual([
      'update_session',
    ]);
  });

  test('and reads messages only when they are asked for', async () => {
    const { client } = await userWith(0, 0);
    const { statements } = await app.countingStatements(() => client.runOk(Create, { input: {} }));
    expect(statements.filter((name) => name.startsWith('message'))).toEqual([]);
  });
});
