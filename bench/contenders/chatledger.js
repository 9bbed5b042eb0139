import { root, settings } from '../settings.js';
import { messageFields, sessionFields, toMessage, toSession } from './selections.js';
import { tokenOf, tokenSecret } from './token.js';

/** With authentication (a token for each user), its default limits and its log, which goes to /dev/null. */
export const chatledger = {
  title: 'Chatledger',
  node: process.execPath,
  script: `${root}dist/main.js`,
  storesHash: true,
  ready: 'Chatledger is ready.',
  environment: (databaseUrl, port) => ({
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: String(settings.poolSize),
    PORT: String(port),
    AUTH_JWT_SECRET: tokenSecret,
  }),
  async request(operation, parameters) {
    const { userId, ...rest } = parameters;
    return {
      path: '/graphql',
      headers: { authorization: `Bearer ${await tokenOf(userId)}` },
      body: { query: documents[operation], variables: variablesOf[operation]?.(rest) ?? rest },
    };
  },
  answer: {
    T: ({ __typename }) => __typename,
    Q1: ({ chatSession }) => toSession(chatSession, messagesOf),
    Q2: ({ chatSessions }) => chatSessions.nodes.map((session) => toSession(session, messagesOf)),
    Q3: ({ chatSessions, chatSession }) => [chatSessions.totalCount, chatSession.messageCount],
    M1: ({ appendChatMessage: { chatMessage } }) => [toMessage(chatMessage)],
    M2: ({ appendChatMessages: { chatMessages } }) => chatMessages.map(toMessage),
  },
};

const messagesOf = ({ messages }) => messages.nodes;

const documents = {
  T: 'query T { __typename }',
  Q1: `query Q1($sessionId: ID!, $last: Int!) {
    chatSession(id: $sessionId) { ${sessionFields} messages(last: $last) { nodes { ${messageFields} } } }
  }`,
  Q2: `query Q2($first: Int!, $last: Int!) {
    chatSessions(first: $first) { nodes { ${sessionFields} messages(last: $last) { nodes { ${messageFields} } } } }
  }`,
  Q3: `query Q3($sessionId: ID!) {
    chatSessions { totalCount }
    chatSession(id: $sessionId) { messageCount }
  }`,
  M1: `mutation M1($input: AppendChatMessageInput!) {
    appendChatMessage(input: $input) {
      ... on AppendChatMessageSuccess { chatMessage { ${messageFields} } }
      ... on Error { code message }
    }
  }`,
  M2: `mutation M2($input: AppendChatMessagesInput!) {
    appendChatMessages(input: $input) {
      ... on AppendChatMessagesSuccess { chatMessages { ${messageFields} } }
      ... on Error { code message }
    }
  }`,
};

const upperRole = (message) => ({ ...message, role: message.role.toUpperCase() });
const variablesOf = {
  T: () => ({}),
  Q2: ({ first, last }) => ({ first, last }),
  M1: ({ sessionId, message }) => ({ input: { sessionId, message: upperRole(message) } }),
  M2: ({ sessionId, messages }) => ({ input: { sessionId, messages: messages.map(upperRole) } }),
};
