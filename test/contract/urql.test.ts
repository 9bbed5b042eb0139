import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Client, fetchExchange, subscriptionExchange, type OperationResult } from '@urql/core';
import { createClient, type Sink } from 'graphql-sse';
import { createClient as createSocketClient, type Sink as SocketSink } from 'graphql-ws';
import { WebSocket } from 'ws';
import { secret } from '../security/credentials.js';
import { CreateSession } from '../support/documents.js';
import { SessionChanges, type SessionChange, type SessionRecord } from '../support/session-record.js';
import { socketUrl } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { expectWhole, isLast, resumingVariables, type Stage } from './stage.js';

const query = SessionChanges.toString();
interface Data {
  readonly chatSessionChanges: SessionChange;
}

type Server = Pick<Stage, 'url' | 'headers'>;

/** As the documentation of urql has it. */
function overGraphqlSse({ url, headers }: Server): Client {
  const sse = createClient({ url, headers, retryAttempts: 0 });
  const forward = subscriptionExchange({
    forwardSubscription: ({ query: document = '', variables = {} }) => ({
      subscribe: (sink) => ({
        unsubscribe: sse.subscribe({ query: document, variables }, sink as Sink),
      }),
    }),
  });
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [fetchExchange, forward],
  });
}

/** As the documentation of urql has it. */
function overGraphqlWs({ url, headers }: Server): Client {
  const socket = createSocketClient({
    url: socketUrl(url),
    connectionParams: headers,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const forward = subscriptionExchange({
    forwardSubscription: ({ query: document = '', variables = {} }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe({ query: document, variables }, sink as SocketSink),
      }),
    }),
  });
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [fetchExchange, forward],
  });
}

/** With nothing but its own exchange, which reads text/event-stream. */
function overFetch({ url, headers }: Server): Client {
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    fetchSubscriptions: true,
    exchanges: [fetchExchange],
  });
}

/** Watches until the stream ends, however it does. @returns whether the session is deleted */
function watchOnce(client: Client, variables: object, record: SessionRecord): Promise<boolean> {
  return new Promise((resolve) => {
    let last = false;
    client.subscription<Data>(query, variables).subscribe(({ data, error, hasNext }) => {
      // When a stream is complete, urql gives its last result a second time, and says that nothing comes after it.
      if (error || !hasNext) resolve(last);
      else if (data) last = isLast(record, data.chatSessionChanges);
    });
  });
}

describe.each([
  ['with an exchange for graphql-sse', overGraphqlSse, { networkError: { response: { status: 401 } } }],
  ['with an exchange for graphql-ws', overGraphqlWs, { networkError: { code: 4401 } }],
  ['with its own exchange', overFetch, { response: { status: 401 } }],
])('urql %s', (_how, clientOf, unauthenticated) => {
  const start = startsTestApps();
  let app: TestApp;
  beforeAll(async () => {
    app = await start();
  });

  test('comes back by a new subscription', async () => {
    await expectWhole(async (stage, record) => {
      const client = clientOf(stage);
      while (!(await watchOnce(client, { ...resumingVariables(stage, record) }, record)));
    });
  });

  test('sends its mutations beside', async () => {
    const client = clientOf({ url: app.url, headers: { 'x-user-id': newUser() } });
    const { data } = await client.mutation(CreateSession.toString(), { input: {} });
    expect(data).toMatchObject({ createChatSession: { created: true } });
  });

  async function errorOf(document: string, url: string) {
    const client = clientOf({ url, headers: { 'x-user-id': newUser() } });
    const { error } = await new Promise<OperationResult>((resolve) => {
      client.subscription(document, { sessionId: randomUUID() }).subscribe(resolve);
    });
    return error;
  }

  test('is told that there is no such session', async () => {
    const error = await errorOf(query, app.url);
    expect(error?.graphQLErrors.map(({ extensions }) => extensions['code'])).toEqual(['NOT_FOUND']);
  });

  test('is told what is wrong with the document', async () => {
    const error = await errorOf('subscription { nothing }', app.url);
    expect(error?.graphQLErrors.map(({ extensions }) => extensions['code'])).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
  });

  test('is told by the status that nobody may watch', async () => {
    const { url } = await start({ AUTH_JWT_SECRET: secret });
    const error = await errorOf(query, url);
    expect(error).toMatchObject(unauthenticated);
  });
});
