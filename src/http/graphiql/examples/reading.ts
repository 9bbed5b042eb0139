import { questionId, sessionId, type Example } from './example.js';

/** The conversation that the examples of writing have made, read in every way. */
export const reading: readonly Example[] = [
  {
    query: `# Your sessions, most recently changed first, each with
# its newest messages: two SQL statements, however many
# there are.
query ListSessions {
  chatSessions(first: 20) {
    totalCount
    nodes {
      id
      title
      messageCount
      updatedAt
      messages(last: 10) {
        nodes {
          sequence
          role
          content
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  },
  {
    query: `# The end of a session: its newest two messages.
query OpenSession($sessionId: ID!) {
  chatSession(id: $sessionId) {
    title
    revision
    messageCount
    messages(last: 2) {
      nodes {
        id
        sequence
        role
        content
        toolCalls
        status
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
}
`,
    variables: { sessionId },
  },
  {
    query: `# What stands before them. The cursor is the
# "startCursor" of the page before; it holds whatever is
# added or deleted.
query ScrollBack($sessionId: ID!, $before: String!) {
  chatSession(id: $sessionId) {
    messages(last: 2, before: $before) {
      nodes {
        sequence
        role
        content
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
}
`,
    variables: { sessionId, before: 'bVsxXQ' },
  },
  {
    query: `# Anything by its id alone, one or several. What is not
# there, or not yours, is null.
query ById($sessionId: ID!, $messageId: ID!) {
  node(id: $messageId) {
    __typename
    ... on ChatMessage {
      sequence
      content
      session {
        title
      }
    }
  }
  nodes(ids: [$sessionId, $messageId]) {
    __typename
    id
  }
}
`,
    variables: { sessionId, messageId: questionId },
  },
  {
    query: `# What happened after a revision that you have seen, for
# clients that ask now and then. 0 tells everything.
query ChangesSince($sessionId: ID!) {
  chatSession(id: $sessionId) {
    changes(afterRevision: 1, first: 50) {
      changes {
        __typename
        revision
        ... on ChatMessagesAppended {
          chatMessages {
            sequence
            role
            content
          }
        }
        ... on ChatMessageContentChanged {
          chatMessage {
            sequence
            content
          }
        }
        ... on ChatMessageGrew {
          messageId
          offset
          delta
        }
        ... on ChatSessionUpdated {
          chatSession {
            title
          }
        }
      }
      revision
      hasMore
    }
  }
}
`,
    variables: { sessionId },
  },
];
