import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, InMemoryCache, Observable } from '@apollo/client';
import { HttpLink } from '@apollo/client/link/http';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { Kind, OperationTypeNode, parse, print } from 'graphql';
import { createClient, type Client as SseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { secret } from '../security/credentials.js';
import { SessionChanges, type SessionChange, type SessionRecord } from '../support/session-record.js';
import { socketUrl } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { CreateSession } from '../support/documents.js';
import { expectWhole, isLast, resumingVariables, type Stage } from './stage.js';

// Apollo's link compares with the global class, which browsers and Node.js 22 have.
Object.assign(globalThis, { WebSocket });

const query = parse(SessionChanges.toString());
interface Data {
  readonly chatSessionChanges: SessionChange;
}

/** As the documentation of graphql-sse has it. */
class SseLink extends ApolloLink {
  constructor(private readonly client: SseClient) {
    super();
  }

  override request({ operationName, variables, query: document }: ApolloLink.Operation) {
    const request = {
      query: print(document),
      variables,
      ...(operationName === undefined ? {} : { operationName }),
    };
    return new Observable<ApolloLink.Result>((sink) =>
      this.client.subscribe(request, {
        next: (result) => {
          sink.next(result as ApolloLink.Result);
        },
        complete: () => {
          sink.complete();
        },
        error: (error) => {
          sink.error(error);
        },
      }),
    );
  }
}

/** Subscriptions by events, everything else by plain requests. */
function overEvents({ url, headers }: Pick<Stage, 'url' | 'headers'>) {
  return ApolloLink.split(
    ({ query: document }) => {
      const definition = getMainDefinition(document);
      return (
        definition.kind === Kind.OPERATION_DEFINITION &&
        definition.operation === OperationTypeNode.SUBSCRIPTION
      );
    },
    new SseLink(createClient({ url, headers, retryAttempts: 0 })),
    new HttpLink({ uri: url, headers }),
  );
}

/** Everything over one socket, by Apollo's link for it. */
function overSocket({ url, headers }: Pick<Stage, 'url' | 'headers'>) {
  return new GraphQLWsLink(
    createSocketClient({
      url: socketUrl(url),
      connectionParams: headers,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    }),
  );
}

/** Everything by Apollo's own link, which asks for subscriptions as multipart/mixed. */
function overMultipart({ url, headers }: Pick<Stage, 'url' | 'headers'>) {
  return new HttpLink({ uri: url, headers });
}

function clientWith(link: ApolloLink) {
  return new ApolloClient({ link, cache: new InMemoryCache() });
}

/** Watches until the stream ends, however it does. @returns whether the session is deleted */
function watchOnce(client: ApolloClient, variables: object, record: SessionRecord): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let last = false;
    client.subscribe<Data>({ query, variables, fetchPolicy: 'no-cache' }).subscribe({
      next({ data, error }) {
        if (CombinedGraphQLErrors.is(error)) reject(error);
        else if (data) last = isLast(record, data.chatSessionChanges);
      },
      error: () => {
        resolve(last);
      },
      complete: () => {
        resolve(last);
      },
    });
  });
}

describe.each([
  ['with a link of graphql-sse', overEvents, { response: { status: 401 } }],
  ['with its own link', overMultipart, { statusCode: 401 }],
  ['with its link of graphql-ws', overSocket, { message: expect.stringContaining('4401') }],
])('Apollo Client %s', (_how, linkTo, unauthenticated) => {
  const start = startsTestApps();
  let app: TestApp;
  beforeAll(async () => {
    app = await start();
  });

  test('comes back by a new subscription', async () => {
    await expectWhole(async (stage, record) => {
      const client = clientWith(linkTo(stage));
      while (!(await watchOnce(client, { ...resumingVariables(stage, record) }, record)));
    });
  });

  test('sends its mutations beside', async () => {
    const client = clientWith(linkTo({ url: app.url, headers: { 'x-user-id': newUser() } }));
    const { data } = await client.mutate({
      mutation: parse(CreateSession.toString()),
      variables: { input: {} },
    });
    expect(data).toMatchObject({ createChatSession: { created: true } });
  });

  async function outcomeOf(document: string, url: string) {
    const headers = { 'x-user-id': newUser() };
    const results: unknown[] = [];
    return new Promise<unknown[]>((resolve) => {
      clientWith(linkTo({ url, headers }))
        .subscribe({ query: parse(document), variables: { sessionId: randomUUID() } })
        .subscribe({
          next({ data, error }) {
            if (!CombinedGraphQLErrors.is(error)) results.push(error ?? data);
            else results.push(...error.errors.map(({ extensions }) => extensions?.['code']));
          },
          error: (error: unknown) => {
            resolve([...results, error]);
          },
          complete: () => {
            resolve(results);
          },
        });
    });
  }

  test('is told that there is no such session', async () => {
    expect(await outcomeOf(SessionChanges.toString(), app.url)).toEqual(['NOT_FOUND']);
  });

  test('is told what is wrong with the document', async () => {
    expect(await outcomeOf('subscription { nothing }', app.url)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('is told by the status that nobody may watch', async () => {
    const { url } = await start({ AUTH_JWT_SECRET: secret });
    const [error, ...others] = await outcomeOf(SessionChanges.toString(), url);
    expect(others).toEqual([]);
    expect(error).toMatchObject(unauthenticated);
  });
});
