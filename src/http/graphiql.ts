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
