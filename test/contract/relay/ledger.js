// What a web page with Relay would have. It is never run: relay-compiler reads the documents, and relay.test.ts takes
// what it makes of them.
import { graphql } from 'relay-runtime';

graphql`
  query ledgerConversationQuery($id: ID!) {
    chatSession(id: $id) {
      id
      title
      ...ledger_messages
    }
  }
`;

graphql`
  fragment ledger_messages on ChatSession
  @refetchable(queryName: "ledgerMessagesQuery")
  @argumentDefinitions(last: { type: "Int", defaultValue: 3 }, before: { type: "String" }) {
    messages(last: $last, before: $before) @connection(key: "ledger_messages") {
      edges {
        node {
          sequence
          content
        }
      }
    }
  }
`;

graphql`
  query ledgerListQuery($userId: ID) {
    ...ledger_sessions @arguments(userId: $userId)
  }
`;

graphql`
  fragment ledger_sessions on Query
  @refetchable(queryName: "ledgerSessionsQuery")
  @argumentDefinitions(
    userId: { type: "ID" }
    first: { type: "Int", defaultValue: 2 }
    after: { type: "String" }
  ) {
    chatSessions(userId: $userId, first: $first, after: $after) @connection(key: "ledger_chatSessions") {
      __id
      edges {
        node {
          title
        }
      }
    }
  }
`;

graphql`
  mutation ledgerAppendMutation($input: AppendChatMessageInput!, $connections: [ID!]!) {
    appendChatMessage(input: $input) {
      ... on AppendChatMessageSuccess {
        chatMessage @appendNode(connections: $connections, edgeTypeName: "ChatMessageEdge") {
          sequence
          content
        }
      }
      ... on Error {
        code
      }
    }
  }
`;

graphql`
  mutation ledgerToolContentMutation($input: UpdateToolMessageContentInput!) {
    updateToolMessageContent(input: $input) {
      ... on UpdateToolMessageContentSuccess {
        chatMessage {
          content
        }
      }
      ... on Error {
        code
      }
    }
  }
`;

graphql`
  mutation ledgerDeleteMutation($input: DeleteChatSessionInput!, $connections: [ID!]!) {
    deleteChatSession(input: $input) {
      ... on DeleteChatSessionSuccess {
        id @deleteEdge(connections: $connections)
      }
      ... on Error {
        code
      }
    }
  }
`;

graphql`
  subscription ledgerChangesSubscription($sessionId: ID!, $afterRevision: Int, $connections: [ID!]!) {
    chatSessionChanges(sessionId: $sessionId, afterRevision: $afterRevision) {
      __typename
      revision
      ... on ChatMessagesAppended {
        chatMessages @appendNode(connections: $connections, edgeTypeName: "ChatMessageEdge") {
          sequence
          content
        }
      }
      ... on ChatMessageContentChanged {
        chatMessage {
          content
        }
      }
    }
  }
`;
