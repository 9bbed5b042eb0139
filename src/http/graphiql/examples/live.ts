import { answerId, sessionId, type Example } from './example.js';

/** What happens told as it happens, an answer that is streamed, and the end of it all. */
export const live: readonly Example[] = [
  {
    query: `# The same as it happens; the newest change is shown. It
# ends when you leave this tab: to see it move, run the
# tabs behind the next one in a second window.
subscription FollowSession($sessionId: ID!) {
  chatSessionChanges(
    sessionId: $sessionId
    afterRevision: 0
  ) {
    __typename
    revision
    ... on ChatMessagesAppended {
      chatMessages {
        sequence
        role
        content
        status
      }
    }
    ... on ChatMessageContentChanged {
      chatMessage {
        sequence
        content
        status
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
    ... on ChatSessionDeleted {
      sessionId
    }
  }
}
`,
    variables: { sessionId },
  },
  {
    query: `# What happens to your list of sessions, for a sidebar.
# It ends when you leave this tab.
subscription FollowList {
  userChatSessionChanges {
    __typename
    cursor
    ... on UserChatSessionMoved {
      chatSession {
        id
        title
        messageCount
        updatedAt
      }
    }
    ... on UserChatSessionDeleted {
      sessionId
    }
  }
}
`,
  },
  {
    query: `# An answer that is written while people watch: this
# begins it, and everybody sees it IN_PROGRESS.
mutation StartAnswer($sessionId: ID!, $answerId: ID!) {
  startChatMessage(
    input: { sessionId: $sessionId, id: $answerId }
  ) {
    ... on StartChatMessageSuccess {
      replayed
      chatMessage {
        id
        sequence
        status
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, answerId },
  },
  {
    query: `# Puts a piece behind the text that is there. The offset
# makes a retry safe; the next one is the "length".
mutation ExtendAnswer($sessionId: ID!, $answerId: ID!) {
  extendChatMessage(
    input: {
      sessionId: $sessionId
      messageId: $answerId
      offset: 0
      delta: "Yes, take an umbrella."
    }
  ) {
    ... on ExtendChatMessageSuccess {
      length
      replayed
    }
    ... on OffsetConflictError {
      length
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, answerId },
  },
  {
    query: `# Ends the answer, and adds the tokens that it took to
# the counters of the session.
mutation FinishAnswer($sessionId: ID!, $answerId: ID!) {
  finishChatMessage(
    input: {
      sessionId: $sessionId
      messageId: $answerId
      status: COMPLETE
      usage: { promptTokens: 80, completionTokens: 14 }
    }
  ) {
    ... on FinishChatMessageSuccess {
      replayed
      chatMessage {
        sequence
        status
        content
        revision
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, answerId },
  },
  {
    query: `# Deletes the session with all its messages, and ends
# what follows it. Then the second tab makes it anew.
mutation DeleteSession($sessionId: ID!) {
  deleteChatSession(input: { id: $sessionId }) {
    ... on DeleteChatSessionSuccess {
      id
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId },
  },
];
