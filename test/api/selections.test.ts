import { describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, updated } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

// Columns are chosen from what a query selects, so the ways in which it may select are tried here.

const app = useTestApp();

async function session() {
  const client = app.as(newUser());
  const { id } = await createSession(client, { title: 'title', credentials: { key: 'secret' } });
  const [first, last] = await appended(client, id, [
    { role: 'USER', content: 'question', name: 'ann' },
    { role: 'ASSISTANT', content: 'answer', toolCalls: [{ id: 'call' }] },
  ]);
  await updated(client, { id, totalPromptTokens: 3 });
  return { client, id, first: first?.id ?? '', last: last?.id ?? '' };
}

graphql(`
  fragment SelectionsNode on Node {
    key: id
    ...SelectionsMessage
    ... on ChatSession {
      name: title
      newest: messages(last: 1) {
        list: nodes {
          text: content
          ...SelectionsMessage
        }
      }
      oldest: messages(first: 1) {
        edges {
          item: node {
            ...SelectionsMessage
            name
          }
        }
      }
    }
  }
`);
graphql(`
  fragment SelectionsMessage on ChatMessage {
    who: role
    calls: toolCalls
    in: session {
      tokens: totalPromptTokens
      newest: lastMessage {
        key: id
      }
    }
  }
`);

const Nodes = graphql(`
  query SelectionsNodes($ids: [ID!]!, $one: ID!) {
    nodes(ids: $ids) {
      __typename
      ...SelectionsNode
    }
    node(id: $one) {
      ...SelectionsNode
    }
  }
`);

test('fragments on an interface, one inside the other, with aliases', async () => {
  const { client, id, first, last } = await session();
  const { nodes, node } = await client.runOk(Nodes, { ids: [id, last], one: first });
  const where = { tokens: 3, newest: { key: last } };
  const answer = { who: 'ASSISTANT', calls: [{ id: 'call' }], in: where };
  const question = { who: 'USER', calls: null, in: where };
  expect(nodes).toEqual([
    {
      __typename: 'ChatSession',
      key: id,
      name: 'title',
      newest: { list: [{ text: 'answer', ...answer }] },
      oldest: { edges: [{ item: { ...question, name: 'ann' } }] },
    },
    { __typename: 'ChatMessage', key: last, ...answer },
  ]);
  expect(node).toEqual({ key: first, ...question });
});

const Conditions = graphql(`
  query SelectionsConditions($id: ID!, $yes: Boolean!, $no: Boolean!) {
    chatSession(id: $id) {
      id
      title @include(if: $yes)
      revision @skip(if: $no)
      credentials @skip(if: $yes)
      ... on ChatSession @include(if: $yes) {
        totalPromptTokens
        lastMessage {
          role @include(if: $yes)
          content @skip(if: $yes)
        }
      }
      ... @skip(if: $yes) {
        createdAt
      }
      ...SelectionsTokens @include(if: $no)
    }
  }
`);
graphql(`
  fragment SelectionsTokens on ChatSession {
    totalCompletionTokens
  }
`);

test('@include and @skip on fields and fragments, both ways', async () => {
  const { client, id } = await session();
  const one = await client.runOk(Conditions, { id, yes: true, no: false });
  expect(one.chatSession).toEqual({
    id,
    title: 'title',
    revision: 2,
    totalPromptTokens: 3,
    lastMessage: { role: 'ASSISTANT' },
  });
  const other = await client.runOk(Conditions, { id, yes: false, no: true });
  expect(other.chatSession).toEqual({
    id,
    credentials: { key: 'secret' },
    createdAt: expect.any(String),
    totalCompletionTokens: 0,
  });
});

const Merged = graphql(`
  query SelectionsMerged($id: ID!) {
    chatSession(id: $id) {
      lastMessage {
        content
      }
      ...SelectionsRest
      messages(last: 1) {
        nodes {
          role
        }
      }
    }
    chatSession(id: $id) {
      title
    }
  }
`);
graphql(`
  fragment SelectionsRest on ChatSession {
    lastMessage {
      toolCalls
    }
    messages(last: 1) {
      nodes {
        content
      }
      edges {
        node {
          name
          sequence
        }
      }
    }
  }
`);

test('a field that is selected in several places has what they all select', async () => {
  const { client, id } = await session();
  const { chatSession } = await client.runOk(Merged, { id });
  expect(chatSession).toEqual({
    title: 'title',
    lastMessage: { content: 'answer', toolCalls: [{ id: 'call' }] },
    messages: {
      nodes: [{ role: 'ASSISTANT', content: 'answer' }],
      edges: [{ node: { name: null, sequence: 1 } }],
    },
  });
});

const Deep = graphql(`
  query SelectionsDeep($message: ID!) {
    node(id: $message) {
      ... on ChatMessage {
        session {
          messages(first: 1) {
            nodes {
              session {
                title
                lastMessage {
                  name
                  content
                }
              }
            }
          }
        }
      }
    }
  }
`);

test('from a message to its session and back, and again', async () => {
  const { client, last } = await session();
  const { node } = await client.runOk(Deep, { message: last });
  expect(node).toEqual({
    session: {
      messages: {
        nodes: [{ session: { title: 'title', lastMessage: { name: null, content: 'answer' } } }],
      },
    },
  });
});

describe('payloads of mutations', () => {
  const Payload = graphql(`
    mutation SelectionsPayload($one: UpdateChatSessionInput!, $two: AppendChatMessageInput!) {
      updateChatSession(input: $one) {
        ...SelectionsUpdated
        ... on Error {
          message
        }
      }
      appendChatMessage(input: $two) {
        ... on AppendChatMessageSuccess {
          chatMessage {
            ...SelectionsNode
          }
        }
      }
    }
  `);
  graphql(`
    fragment SelectionsUpdated on UpdateChatSessionSuccess {
      session: chatSession {
        ...SelectionsNode
        totalCompletionTokens
      }
    }
  `);

  test('have what fragments in them select', async () => {
    const { client, id, last } = await session();
    const { updateChatSession, appendChatMessage } = await client.runOk(Payload, {
      one: { id, totalCompletionTokens: 7 },
      two: { sessionId: id, message: { role: 'TOOL', content: 'result' } },
    });
    expect(updateChatSession).toEqual({
      session: {
        key: id,
        name: 'title',
        totalCompletionTokens: 7,
        newest: {
          list: [
            {
              text: 'answer',
              who: 'ASSISTANT',
              calls: [{ id: 'call' }],
              in: { tokens: 3, newest: { key: last } },
            },
          ],
        },
        oldest: {
          edges: [
            { item: { who: 'USER', calls: null, name: 'ann', in: { tokens: 3, newest: { key: last } } } },
          ],
        },
      },
    });
    const key = expect.any(String);
    expect(appendChatMessage).toEqual({
      chatMessage: { key, who: 'TOOL', calls: null, in: { tokens: 3, newest: { key } } },
    });
  });
});
