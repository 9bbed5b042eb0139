import { messageFields, sessionFields, toMessage, toSession } from './selections.js';

/** Requests and answers of those contenders whose schema is ours to choose: the simplest that answers all. */
export const plainGraphql = {
  request: (operation, { userId, ...variables }) =>
    Promise.resolve({
      path: '/graphql',
      headers: { 'x-user-id': userId },
      body: { query: documents[operation], variables },
    }),
  answer: {
    T: ({ __typename }) => __typename,
    Q1: ({ chatSession }) => toSession(chatSession, messagesOf),
    Q2: ({ chatSessions }) => chatSessions.map((session) => toSession(session, messagesOf)),
    Q3: ({ chatSessionCount, chatSession }) => [chatSessionCount, chatSession.messageCount],
    M1: ({ appendChatMessage }) => [toMessage(appendChatMessage)],
    M2: ({ appendChatMessages }) => appendChatMessages.map(toMessage),
  },
};

const messagesOf = ({ messages }) => messages;

const documents = {
  T: 'query T { __typename }',
  Q1: `query Q1($sessionId: ID!, $last: Int!) {
    chatSession(id: $sessionId) { ${sessionFields} messages(last: $last) { ${messageFields} } }
  }`,
  Q2: `query Q2($first: Int!, $last: Int!) {
    chatSessions(first: $first) { ${sessionFields} messages(last: $last) { ${messageFields} } }
  }`,
  Q3: `query Q3($sessionId: ID!) { chatSessionCount chatSession(id: $sessionId) { messageCount } }`,
  M1: `mutation M1($sessionId: ID!, $message: ChatMessageInput!) {
    appendChatMessage(sessionId: $sessionId, message: $message) { ${messageFields} }
  }`,
  M2: `mutation M2($sessionId: ID!, $messages: [ChatMessageInput!]!) {
    appendChatMessages(sessionId: $sessionId, messages: $messages) { ${messageFields} }
  }`,
};
