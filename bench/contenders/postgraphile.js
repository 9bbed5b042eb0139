import { existsSync } from 'node:fs';
import { bench } from '../settings.js';
import { servedHere } from './served-here.js';
import { messageFields, sessionFields, toMessage, toSession } from './selections.js';

const node22 = `${bench}node_modules/node-linux-${process.arch}/bin/node`;

/**
 * On Node 22, which it needs. The user is a condition of the queries, an index condition as in the other contenders'
 * statements; row level security, with a transaction and a setting for each request, would cost it more.
 */
export const postgraphile = {
  title: 'PostGraphile 5.1 on Node 22',
  node: node22,
  missing: existsSync(node22) ? undefined : `the package node-linux-${process.arch} is not installed`,
  script: `${bench}contenders/servers/postgraphile.js`,
  environment: servedHere,
  request: (operation, parameters) =>
    Promise.resolve({
      path: '/graphql',
      headers: {},
      body: { query: documents[operation], variables: parameters },
    }),
  answer: {
    T: ({ __typename }) => __typename,
    Q1: ({ allChatSessions }) => withMessages(allChatSessions.nodes[0]),
    Q2: ({ allChatSessions }) => allChatSessions.nodes.map(withMessages),
    Q3: ({ sessions, allChatSessions }) => [sessions.totalCount, allChatSessions.nodes[0].messageCount],
    M1: ({ appendChatMessage }) => [toMessage(appendChatMessage.result)],
    M2: ({ appendChatMessages }) => appendChatMessages.result.map(toMessage),
  },
};

// Its own `id` is a global id, and a column of that name becomes `rowId`.
const message = messageFields.replace('id ', 'id: rowId ');
const session = `${sessionFields.replace('id ', 'id: rowId ')}
  messages: chatMessagesBySessionId(last: $last, orderBy: [SEQUENCE_ASC]) { nodes { ${message} } }`;
const withMessages = (found) => toSession(found, ({ messages }) => messages.nodes);

const documents = {
  T: 'query T { __typename }',
  Q1: `query Q1($sessionId: UUID!, $userId: String!, $last: Int!) {
    allChatSessions(condition: { rowId: $sessionId, userId: $userId }, first: 1) { nodes { ${session} } }
  }`,
  Q2: `query Q2($userId: String!, $first: Int!, $last: Int!) {
    allChatSessions(condition: { userId: $userId }, first: $first, orderBy: [UPDATED_AT_DESC, ROW_ID_DESC]) {
      nodes { ${session} }
    }
  }`,
  Q3: `query Q3($sessionId: UUID!, $userId: String!) {
    sessions: allChatSessions(condition: { userId: $userId }) { totalCount }
    allChatSessions(condition: { rowId: $sessionId, userId: $userId }, first: 1) { nodes { messageCount } }
  }`,
  M1: `mutation M1($sessionId: UUID!, $userId: String!, $message: JSON!) {
    appendChatMessage(input: { sessionId: $sessionId, userId: $userId, message: $message }) { result { ${message} } }
  }`,
  M2: `mutation M2($sessionId: UUID!, $userId: String!, $messages: JSON!) {
    appendChatMessages(input: { sessionId: $sessionId, userId: $userId, messages: $messages }) {
      result { ${message} }
    }
  }`,
};
