import type { Client } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import { half, toolCallId, unknownIds, type Ids } from './id-fields.js';

export const Create = graphql(`
  mutation SecVisibilityCreate($input: CreateChatSessionInput!) {
    createChatSession(input: $input) {
      __typename
    }
  }
`);
const Start = graphql(`
  mutation SecVisibilityStart($input: StartChatMessageInput!) {
    startChatMessage(input: $input) {
      __typename
    }
  }
`);
const Append = graphql(`
  mutation SecVisibilityAppend($input: AppendChatMessagesInput!) {
    appendChatMessages(input: $input) {
      __typename
      ... on Error {
        code
        message
      }
    }
  }
`);

/** A session of that user with three messages: the second answers a tool call, the third is being written. */
export async function seed(client: Client): Promise<Ids> {
  const ids = unknownIds();
  const input = { id: ids.session, title: 'a title', credentials: { key: 'a secret' } };
  await client.runOk(Create, { input });
  await client.runOk(Append, {
    input: {
      sessionId: ids.session,
      messages: [
        { id: ids.message, role: 'USER', content: 'a question' },
        { role: 'TOOL', toolCallId, content: 'pending' },
      ],
    },
  });
  await client.runOk(Start, { input: { sessionId: ids.session, id: ids.answer, content: half } });
  return ids;
}
