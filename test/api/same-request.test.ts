import { describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, fromUser } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

// Mutations of one request run one after the other: each sees what those before it did.

graphql(`
  fragment SameRequestAppended on AppendChatMessageSuccess {
    chatMessage {
      content
      session {
        ...SameRequestSession
      }
    }
  }
`);
graphql(`
  fragment SameRequestSession on ChatSession {
    title
    revision
    messageCount
    lastMessage {
      content
    }
    messages(last: 5) {
      nodes {
        content
      }
      totalCount
    }
  }
`);

const AppendTwice = graphql(`
  mutation SameRequestAppendTwice($one: AppendChatMessageInput!, $two: AppendChatMessageInput!) {
    one: appendChatMessage(input: $one) {
      ...SameRequestAppended
    }
    two: appendChatMessage(input: $two) {
      ...SameRequestAppended
    }
  }
`);

const AppendUpdateComplete = graphql(`
  mutation SameRequestAppendUpdateComplete(
    $append: AppendChatMessageInput!
    $update: UpdateChatSessionInput!
    $complete: UpdateToolMessageContentInput!
    $batch: AppendChatMessagesInput!
  ) {
    append: appendChatMessage(input: $append) {
      ...SameRequestAppended
    }
    update: updateChatSession(input: $update) {
      ... on UpdateChatSessionSuccess {
        chatSession {
          ...SameRequestSession
        }
      }
    }
    complete: updateToolMessageContent(input: $complete) {
      ... on UpdateToolMessageContentSuccess {
        chatMessage {
          content
          session {
            ...SameRequestSession
          }
        }
      }
    }
    batch: appendChatMessages(input: $batch) {
      ... on AppendChatMessagesSuccess {
        chatMessages {
          session {
            ...SameRequestSession
          }
        }
      }
    }
  }
`);

const AppendDeleteCreate = graphql(`
  mutation SameRequestAppendDeleteCreate(
    $append: AppendChatMessageInput!
    $delete: DeleteChatSessionInput!
    $create: CreateChatSessionInput!
  ) {
    append: appendChatMessage(input: $append) {
      ...SameRequestAppended
    }
    delete: deleteChatSession(input: $delete) {
      __typename
    }
    create: createChatSession(input: $create) {
      ... on CreateChatSessionSuccess {
        created
        chatSession {
          ...SameRequestSession
        }
      }
    }
  }
`);

const app = useTestApp();

/** What the fragment gives of a session with these contents. */
function sessionWith(state: { title?: string | null; revision: number }, ...contents: string[]) {
  return {
    title: null,
    ...state,
    messageCount: contents.length,
    lastMessage: contents.length === 0 ? null : { content: contents.at(-1) },
    messages: { nodes: contents.map((content) => ({ content })), totalCount: contents.length },
  };
}

describe('mutations of one request', () => {
  test('see the appends before them', async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    const data = await client.runOk(AppendTwice, {
      one: { sessionId, message: { role: 'USER', content: 'a' } },
      two: { sessionId, message: { role: 'USER', content: 'b' } },
    });
    expect(data).toEqual({
      one: { chatMessage: { content: 'a', session: sessionWith({ revision: 1 }, 'a') } },
      two: { chatMessage: { content: 'b', session: sessionWith({ revision: 2 }, 'a', 'b') } },
    });
  });

  test('see the updates before them', async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    const data = await client.runOk(AppendUpdateComplete, {
      append: { sessionId, message: { role: 'TOOL', toolCallId: 'call', content: 'a' } },
      update: { id: sessionId, title: 'title' },
      complete: { sessionId, toolCallId: 'call', content: 'b' },
      batch: { sessionId, messages: fromUser('c') },
    });
    const title = 'title';
    expect(data).toEqual({
      append: { chatMessage: { content: 'a', session: sessionWith({ revision: 1 }, 'a') } },
      update: { chatSession: sessionWith({ title, revision: 2 }, 'a') },
      complete: { chatMessage: { content: 'b', session: sessionWith({ title, revision: 3 }, 'b') } },
      batch: { chatMessages: [{ session: sessionWith({ title, revision: 4 }, 'b', 'c') }] },
    });
  });

  test('see that a session was deleted before them', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client, { title: 'first' });
    await appended(client, id, fromUser('a'));
    const data = await client.runOk(AppendDeleteCreate, {
      append: { sessionId: id, message: { role: 'USER', content: 'b' } },
      delete: { id },
      create: { id, title: 'second' },
    });
    expect(data).toEqual({
      append: {
        chatMessage: { content: 'b', session: sessionWith({ title: 'first', revision: 2 }, 'a', 'b') },
      },
      delete: { __typename: 'DeleteChatSessionSuccess' },
      create: { created: true, chatSession: sessionWith({ title: 'second', revision: 4 }) },
    });
  });
});
