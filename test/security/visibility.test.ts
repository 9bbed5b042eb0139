import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { schema } from '../../src/schema/schema.js';
import type { Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { graphql } from '../support/generated/gql.js';
import { createSocketClient } from '../support/socket-client.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { error, fields, half, notFound, unknownIds, type Ids } from './id-fields.js';
import { Create, seed } from './seed.js';

const Everything = graphql(`
  query SecVisibilityEverything($session: ID!, $message: ID!) {
    chatSession(id: $session) {
      ...SecVisibilitySession
    }
    sessionNode: node(id: $session) {
      __typename
      ...SecVisibilitySession
    }
    messageNode: node(id: $message) {
      __typename
      ... on ChatMessage {
        content
        session {
          ...SecVisibilitySession
        }
      }
    }
    nodes(ids: [$session, $message]) {
      __typename
      id
    }
  }
  fragment SecVisibilitySession on ChatSession {
    id
    userId
    credentials
    messageCount
    lastMessage {
      content
    }
    messages {
      totalCount
      nodes {
        content
      }
    }
  }
`);
const Cursors = graphql(`
  query SecVisibilityCursors($session: ID!, $messageCursor: String, $sessionCursor: String) {
    chatSession(id: $session) {
      after: messages(after: $messageCursor) {
        edges {
          cursor
          node {
            sessionId
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
        }
      }
      before: messages(before: $messageCursor) {
        nodes {
          sessionId
        }
      }
    }
    after: chatSessions(after: $sessionCursor) {
      edges {
        cursor
        node {
          id
        }
      }
      totalCount
    }
    before: chatSessions(before: $sessionCursor) {
      nodes {
        id
      }
    }
  }
`);

const app = useTestApp();

type CallerOf = (userId?: string) => Client;
const ways: readonly [string, CallerOf][] = [
  ['HTTP', (userId) => app.as(userId)],
  ['WebSocket', (userId) => createSocketClient(app.url, userId === undefined ? {} : { 'x-user-id': userId })],
];

async function tables(): Promise<unknown[]> {
  const names = ['ChatSession', 'ChatMessage', 'ChatMessageStream', 'ChatMessageChunk'];
  return Promise.all(
    names.map(async (name): Promise<unknown> => {
      const { rows } = await app.database.sql.query(`SELECT * FROM "${name}" ORDER BY 1`);
      return rows;
    }),
  );
}

/** What an answer says once the ids that the caller sent itself and the id of the request are taken out. */
function withoutIds(answer: unknown, ids: Ids): unknown {
  const text = JSON.stringify(answer)
    .replaceAll(ids.session, 'SESSION')
    .replaceAll(ids.message, 'MESSAGE')
    .replaceAll(ids.answer, 'ANSWER')
    .replaceAll(/"requestId":"[^"]*"/g, '"requestId":"REQUEST"');
  return JSON.parse(text) as unknown;
}

/** Fields that give or take nothing of a session by its id; the tests below show what they do. */
const withoutSessionId = ['viewer', 'chatSessions', 'createChatSession'];

test('every query and mutation of the schema is shown below', () => {
  const inSchema = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  expect([...Object.keys(fields), ...withoutSessionId].sort()).toEqual(inSchema.sort());
});

describe.each(ways)('over %s, a second user', (_way, callerOf) => {
  test.each(Object.entries(fields))(
    '%s: the ids of another user are like ids of nothing',
    async (name, { call, gives }) => {
      const owned = await seed(callerOf(newUser()));
      const stranger = callerOf(newUser());
      const before = await tables();
      for (const ids of [owned, unknownIds()]) {
        const { data, errors, status } = await stranger.post({ query: call(ids) });
        expect(withoutIds({ data, errors, status }, ids)).toEqual({
          data: { [name]: gives },
          errors: [],
          status: 200,
        });
      }
      expect(await tables()).toEqual(before);
    },
  );

  test.each([
    ['a retry of what is there', 0, 'half'],
    ['a wrong place', 3, 'x'],
    ['a sign of life', half.length, ''],
  ])('learns nothing of a message in progress by %s', async (_how, offset, delta) => {
    const owned = await seed(callerOf(newUser()));
    const stranger = callerOf(newUser());
    const before = await tables();
    for (const { session, answer } of [owned, unknownIds()]) {
      const query = `mutation { extendChatMessage(
        input: { sessionId: "${session}", messageId: "${answer}", offset: ${offset}, delta: "${delta}" }) { ${error} } }`;
      const { data, errors } = await stranger.post({ query });
      expect({ data, errors }).toEqual({
        data: { extendChatMessage: notFound('There is no such message.') },
        errors: [],
      });
    }
    expect(await tables()).toEqual(before);
  });

  test('finds nothing by the ids of messages, nor through them', async () => {
    const owned = await seed(callerOf(newUser()));
    const stranger = callerOf(newUser());
    const nothing = { chatSession: null, sessionNode: null, messageNode: null, nodes: [null, null] };
    expect(await stranger.runOk(Everything, { session: owned.session, message: owned.message })).toEqual(
      nothing,
    );
    const { session, message } = unknownIds();
    expect(await stranger.runOk(Everything, { session, message })).toEqual(nothing);
  });

  test('takes no id that a session of another user has, and learns nothing but that it is taken', async () => {
    const owned = await seed(callerOf(newUser()));
    const stranger = callerOf(newUser());
    const before = await tables();
    const created = await stranger.post({
      query: `mutation { createChatSession(input: { id: "${owned.session}" }) {
        ... on CreateChatSessionSuccess { created } ${error} } }`,
    });
    expect(created.data).toEqual({
      createChatSession: {
        __typename: 'ChatSessionIdTakenError',
        code: 'CONFLICT',
        message: 'This id is taken. Choose another, or leave it out and the server makes one.',
      },
    });
    expect(await tables()).toEqual(before);
  });

  test('gets only its own rows for cursors of another user', async () => {
    const owner = callerOf(newUser());
    const owned = await seed(owner);
    const stranger = callerOf(newUser());
    const own = await seed(stranger);
    const theirs = await owner.runOk(Cursors, { session: owned.session });
    const messageCursor = theirs.chatSession?.after.edges[0]?.cursor ?? '';
    const sessionCursor = theirs.after.edges[0]?.cursor ?? '';
    expect(messageCursor).not.toBe('');
    expect(sessionCursor).not.toBe('');

    const mine = await stranger.runOk(Cursors, { session: own.session, messageCursor, sessionCursor });
    expect(mine.chatSession?.after.edges.map(({ node }) => node.sessionId)).toEqual([
      own.session,
      own.session,
    ]);
    expect(mine.chatSession?.before.nodes).toEqual([]);
    const listed = [...mine.after.edges.map(({ node }) => node.id), ...mine.before.nodes.map(({ id }) => id)];
    expect(listed.filter((id) => id !== own.session)).toEqual([]);
    expect(mine.after.totalCount).toBe(1);

    const { chatSession } = await stranger.runOk(Cursors, {
      session: owned.session,
      messageCursor,
      sessionCursor,
    });
    expect(chatSession).toBeNull();
  });

  test('may not ask for the sessions of anybody else, whether or not there are any', async () => {
    const owner = newUser();
    await seed(callerOf(owner));
    const stranger = callerOf(newUser());
    const answers = [];
    for (const userId of [owner, newUser(), 'x'.repeat(500)]) {
      const { data, errors } = await stranger.post({
        query: 'query ($userId: ID) { chatSessions(userId: $userId) { totalCount nodes { id } } }',
        variables: { userId },
      });
      expect(data).toBeNull();
      expect(codesOf(errors)).toEqual(['FORBIDDEN']);
      answers.push(withoutIds(errors, unknownIds()));
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('creates nothing for anybody else', async () => {
    const before = await tables();
    const stranger = callerOf(newUser());
    const refused = await stranger.runError(Create, { input: { userId: newUser() } });
    expect(codesOf([refused])).toEqual(['FORBIDDEN']);
    expect(await tables()).toEqual(before);
  });

  test('sees none of the sessions of others in its list', async () => {
    await seed(callerOf(newUser()));
    const { data } = await callerOf(newUser()).post({
      query: '{ chatSessions { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } } }',
    });
    expect(data).toEqual({
      chatSessions: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } },
    });
  });
});

describe.each(ways)('over %s, user ids that look alike', (_way, callerOf) => {
  test.each([
    ['in another case', 'Alice', 'alice'],
    ['with a space at the end', 'bob', 'bob\u2003'],
    ['with a wildcard', 'carol', '%'],
    ['in another normal form', 'r\u00e9', 're\u0301'],
  ])('%s are not one user', async (_how, name, lookalike) => {
    const service = callerOf();
    const suffix = randomUUID();
    await service.runOk(Create, { input: { userId: name + suffix } });
    const { data } = await service.post({
      query: 'query ($userId: ID) { chatSessions(userId: $userId) { totalCount } }',
      variables: { userId: lookalike + suffix },
    });
    expect(data).toEqual({ chatSessions: { totalCount: 0 } });
  });
});

describe.each(ways)('over %s, a service', (_way, callerOf) => {
  test('sees all', async () => {
    const owner = newUser();
    const owned = await seed(callerOf(owner));
    const service = callerOf();
    const { chatSession, sessionNode, messageNode, nodes } = await service.runOk(Everything, {
      session: owned.session,
      message: owned.message,
    });
    expect(chatSession).toMatchObject({
      id: owned.session,
      userId: owner,
      credentials: { key: 'a secret' },
      messages: {
        totalCount: 3,
        nodes: [{ content: 'a question' }, { content: 'pending' }, { content: half }],
      },
    });
    expect(sessionNode).toEqual({ __typename: 'ChatSession', ...chatSession });
    expect(messageNode).toMatchObject({ content: 'a question', session: { id: owned.session } });
    expect(nodes).toEqual([
      { __typename: 'ChatSession', id: owned.session },
      { __typename: 'ChatMessage', id: owned.message },
    ]);
    const list = await service.post({
      query: 'query ($userId: ID) { chatSessions(userId: $userId) { nodes { id } } }',
      variables: { userId: owner },
    });
    expect(list.data).toEqual({ chatSessions: { nodes: [{ id: owned.session }] } });
  });

  test.each([
    'appendChatMessage',
    'updateChatSession',
    'updateToolMessageContent',
    'startChatMessage',
    'extendChatMessage',
    'finishChatMessage',
    'deleteChatSession',
  ])('changes all: %s', async (name) => {
    const owned = await seed(callerOf(newUser()));
    const query = fields[name]?.call(owned).replace(', expectedContent: "no"', '') ?? '';
    const { data, errors } = await callerOf().post({ query });
    expect(errors).toEqual([]);
    const { __typename } = (data as Record<string, { __typename: string }>)[name] ?? {};
    expect(__typename).toMatch(/Success$/);
  });
});
