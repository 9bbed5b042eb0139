import { callId, questionId, resultId, sessionId, type Example } from './example.js';

/** Who is asking, and a conversation that comes into being. */
export const writing: readonly Example[] = [
  {
    query: `# Run the tabs from left to right, with the arrow or
# Ctrl-Enter. Each uses what those before it have made.
# There are more of them than you see: scroll the row.
#
# To get them back as they are now, clear the storage
# in the settings (the wheel, bottom left) and reload.
query WhoAmI {
  viewer {
    kind
    userId
    name
  }
}
`,
  },
  {
    query: `# A session with an id of your choice. Run it again: the
# id makes that safe, and "created" is false.
mutation CreateSession($sessionId: ID!) {
  createChatSession(
    input: { id: $sessionId, title: "Weather" }
  ) {
    ... on CreateChatSessionSuccess {
      created
      chatSession {
        id
        userId
        title
        revision
        createdAt
      }
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
  {
    query: `# One message for the end of the session. The server
# numbers it. With an id a retry is stored once:
# "replayed".
mutation AppendOne($sessionId: ID!, $messageId: ID!) {
  appendChatMessage(
    input: {
      sessionId: $sessionId
      message: {
        id: $messageId
        role: USER
        content: "Will it rain in Zurich today?"
      }
    }
  ) {
    ... on AppendChatMessageSuccess {
      replayed
      chatMessage {
        id
        sequence
        role
        content
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, messageId: questionId },
  },
  {
    query: `# Several messages one behind the other, or none: the
# model calls a tool, and the message for its result is
# empty yet.
mutation AppendBatch(
  $sessionId: ID!
  $callId: ID!
  $resultId: ID!
) {
  appendChatMessages(
    input: {
      sessionId: $sessionId
      messages: [
        {
          id: $callId
          role: ASSISTANT
          toolCalls: [
            {
              id: "call_1"
              type: "function"
              function: {
                name: "get_weather"
                arguments: "{\\"city\\":\\"Zurich\\"}"
              }
            }
          ]
        }
        { id: $resultId, role: TOOL, toolCallId: "call_1" }
      ]
    }
  ) {
    ... on AppendChatMessagesSuccess {
      replayed
      chatMessages {
        id
        sequence
        role
        toolCallId
        toolCalls
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, callId, resultId },
  },
  {
    query: `# The tool has finished: its result goes into the
# message that waits for it. Ids of tool calls may repeat,
# the id of the message does not.
mutation WriteToolResult($sessionId: ID!, $resultId: ID!) {
  updateToolMessageContent(
    input: {
      sessionId: $sessionId
      toolCallId: "call_1"
      messageId: $resultId
      content: "{\\"rain_mm\\": 6.5}"
    }
  ) {
    ... on UpdateToolMessageContentSuccess {
      chatMessage {
        sequence
        content
        revision
      }
    }
    ... on ContentConflictError {
      currentContent
    }
    ... on Error {
      code
      message
    }
  }
}
`,
    variables: { sessionId, resultId },
  },
  {
    query: `# Changes what it names and leaves the rest. Tokens are
# added in the database, maps merged key by key.
mutation UpdateSession($sessionId: ID!) {
  updateChatSession(
    input: {
      id: $sessionId
      title: "Rain in Zurich"
      addPromptTokens: 120
      addCompletionTokens: 35
      jsonUpdate: MERGE
      successfulAgentRuns: { weather: 1 }
    }
  ) {
    ... on UpdateChatSessionSuccess {
      chatSession {
        title
        totalPromptTokens
        totalCompletionTokens
        successfulAgentRuns
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
    variables: { sessionId },
  },
];
