import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ApolloClient, InMemoryCache, type PossibleTypesMap, type TypePolicies } from '@apollo/client';
import { HttpLink } from '@apollo/client/link/http';
import { relayStylePagination } from '@apollo/client/utilities';
import { cacheExchange, Client as UrqlClient, fetchExchange } from '@urql/core';
import { documents } from '@chatledger/client';
import * as nodes from '@chatledger/client/documents';
import { parse } from 'graphql';
import type { Client } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import type { ContractMessagesQuery, ContractSessionsQuery } from '../support/generated/graphql.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const Sessions = graphql(`
  query ContractSessions($first: Int, $after: String) {
    chatSessions(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

const Messages = graphql(`
  query ContractMessages($id: ID!, $last: Int, $before: String) {
    chatSession(id: $id) {
      id
      messages(last: $last, before: $before) {
        edges {
          cursor
          node {
            id
            content
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);

const possibleTypes = JSON.parse(
  readFileSync(new URL('../../dist/client/possible-types.json', import.meta.url), 'utf8'),
) as PossibleTypesMap;

const start = startsTestApps();
let app: TestApp;
let headers: Record<string, string>;
let owner: Client;
beforeAll(async () => {
  app = await start();
});
beforeEach(() => {
  const user = newUser();
  headers = { 'x-user-id': user };
  owner = app.as(user);
});

const toolMessage = (toolCallId: string) => ({ role: 'TOOL', toolCallId }) as const;
const texts = (count: number) => numbers(count).map((n) => `message ${n}`);

describe('Apollo Client', () => {
  const clients: ApolloClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.stop();
  });

  function clientWith(typePolicies: TypePolicies = {}): ApolloClient {
    const client = new ApolloClient({
      link: new HttpLink({ uri: app.url, headers }),
      cache: new InMemoryCache({ possibleTypes, typePolicies }),
    });
    clients.push(client);
    return client;
  }

  /** For documents that ask for edges. Those of the SDK ask for nodes, which these policies do not take. */
  const inPages: TypePolicies = {
    Query: { fields: { chatSessions: relayStylePagination(['userId']) } },
    ChatSession: { fields: { messages: relayStylePagination() } },
  };

  test('holds each message once: what one document changes shows in what others have read', async () => {
    const client = clientWith();
    const { id: sessionId } = await createSession(owner);
    const [message] = await appended(owner, sessionId, [toolMessage('call_1')]);
    const id = message?.id ?? '';
    const page = { query: nodes.ChatMessagesDocument, variables: { sessionId } };
    const single = { query: nodes.NodeDocument, variables: { id } };
    const changes = { query: nodes.ChatSessionChangesDocument, variables: { id: sessionId } };
    await client.query(page);
    await client.query(single);
    await client.query(changes);

    const input = { sessionId, toolCallId: 'call_1', content: 'done' };
    await client.mutate({ mutation: nodes.UpdateToolMessageContentDocument, variables: { input } });

    expect(client.readQuery(page)?.chatSession?.messages.nodes).toMatchObject([{ id, content: 'done' }]);
    expect(client.readQuery(single)?.node).toMatchObject({ id, content: 'done' });
    expect(client.readQuery(changes)?.chatSession?.changes.changes).toMatchObject([
      { __typename: 'ChatMessagesAppended', revision: 1, chatMessages: [{ id, content: 'done' }] },
    ]);
  });

  test('is told of an expected failure by the member of the union', async () => {
    const client = clientWith();
    const { data } = await client.mutate({
      mutation: nodes.DeleteChatSessionDocument,
      variables: { input: { id: randomUUID() } },
    });
    expect(data?.deleteChatSession).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
  });

  test('pages forward through a list with relayStylePagination', async () => {
    const client = clientWith(inPages);
    const titles = ['first', 'second', 'third', 'fourth', 'fifth'];
    for (const title of titles) await createSession(owner, { title });
    const query = parse(Sessions.toString());
    const list = client.watchQuery<ContractSessionsQuery>({ query, variables: { first: 2 } });
    const watching = list.subscribe({});
    const held = () => client.readQuery<ContractSessionsQuery>({ query })?.chatSessions;
    await until(() => held()?.edges.length === 2);
    while (held()?.pageInfo.hasNextPage)
      await list.fetchMore({ variables: { after: held()?.pageInfo.endCursor } });
    expect(held()?.edges.map(({ node }) => node.title)).toEqual(titles.reverse());
    watching.unsubscribe();
  });

  test('pages back through a conversation with relayStylePagination', async () => {
    const client = clientWith(inPages);
    const { id } = await createSession(owner);
    await appended(owner, id, fromUser(...texts(8)));
    const query = parse(Messages.toString());
    const page = client.watchQuery<ContractMessagesQuery>({ query, variables: { id, last: 3 } });
    const watching = page.subscribe({});
    const held = () =>
      client.readQuery<ContractMessagesQuery>({ query, variables: { id } })?.chatSession?.messages;
    await until(() => held()?.edges.length === 3);
    while (held()?.pageInfo.hasPreviousPage)
      await page.fetchMore({ variables: { before: held()?.pageInfo.startCursor } });
    expect(held()?.edges.map(({ node }) => node.content)).toEqual(texts(8));
    watching.unsubscribe();
  });
});

describe('urql', () => {
  test('asks again for what a mutation has changed', async () => {
    const client = new UrqlClient({
      url: app.url,
      preferGetMethod: false,
      fetchOptions: { headers },
      exchanges: [cacheExchange, fetchExchange],
    });
    const creation = await client.mutation(nodes.CreateChatSessionDocument, { input: { title: 'Tools' } });
    const created = creation.data?.createChatSession;
    if (created?.__typename !== 'CreateChatSessionSuccess') throw new Error('No session was created.');
    const sessionId = created.chatSession.id;
    await appended(owner, sessionId, [toolMessage('call_1')]);

    const shown: unknown[] = [];
    const watching = client.query(nodes.ChatMessagesDocument, { sessionId }).subscribe(({ data }) => {
      shown.push(data?.chatSession?.messages.nodes[0]?.content);
    });
    await until(() => shown.length === 1);
    const input = { sessionId, toolCallId: 'call_1', content: 'done' };
    await client.mutation(nodes.UpdateToolMessageContentDocument, { input });
    await until(() => shown.at(-1) === 'done');
    expect(shown[0]).toBeNull();
    watching.unsubscribe();
  });
});

test('fetch takes the texts as they are', async () => {
  const { id } = await createSession(owner, { title: 'Plain' });
  const response = await fetch(app.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: documents.ChatSessionDocument, variables: { id } }),
  });
  expect(await response.json()).toMatchObject({ data: { chatSession: { id, title: 'Plain' } } });
});
