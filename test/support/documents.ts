import { graphql } from './generated/gql.js';

// What nearly every test does first.

export const CreateSession = graphql(`
  mutation SupportCreateSession($input: CreateChatSessionInput!) {
    createChatSession(input: $input) {
      __typename
      ... on CreateChatSessionSuccess {
        created
        chatSession {
          id
        }
      }
    }
  }
`);

export const AppendMessage = graphql(`
  mutation SupportAppendMessage($input: AppendChatMessageInput!) {
    appendChatMessage(input: $input) {
      __typename
      ... on AppendChatMessageSuccess {
        replayed
        chatMessage {
          id
          sequence
          content
        }
      }
    }
  }
`);
