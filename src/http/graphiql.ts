import type { GraphiQLOptions } from 'graphql-yoga';

/** GraphiQL as it opens: with something to run. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Chatledger',
  shouldPersistHeaders: false,
  defaultTabs: [
    {
      query: `# Creates a session for a user and gives its id.
mutation Create {
  createChatSession(input: { userId: "alice", title: "My first session" }) {
    ... on CreateChatSessionSuccess { created chatSession { id title createdAt } }
    ... on Error { code message }
  }
}
`,
    },
    {
      query: `# Put in the id of a session.
mutation Append($sessionId: ID!) {
  appendChatMessages(
    input: {
      sessionId: $sessionId
      messages: [{ role: USER, content: "What is a ledger?" }, { role: ASSISTANT, content: "A book of numbered entries." }]
    }
  ) {
    ... on AppendChatMessagesSuccess { chatMessages { id sequence role content } }
    ... on Error { code message }
  }
}
`,
      variables: '{ "sessionId": "" }',
    },
    {
      query: `# Put in the id of a session, run this, and change the session in another tab.
subscription Follow($sessionId: ID!) {
  chatSessionChanges(sessionId: $sessionId, afterRevision: 0) {
    __typename
    revision
    ... on ChatMessagesAppended { chatMessages { sequence role content status } }
    ... on ChatMessageContentChanged { chatMessage { sequence content status } }
    ... on ChatMessageGrew { messageId offset delta }
    ... on ChatSessionUpdated { chatSession { title } }
  }
}
`,
      variables: '{ "sessionId": "" }',
    },
    {
      query: `# A user's sessions with their newest messages.
query Sessions {
  chatSessions(userId: "alice", first: 10) {
    totalCount
    nodes {
      id
      title
      messageCount
      messages(last: 20) { nodes { sequence role content toolCalls } }
    }
  }
}
`,
    },
  ],
};
