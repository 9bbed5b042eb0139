import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { secret } from '../security/credentials.js';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { CreateSession } from '../support/documents.js';
import { SessionChanges, type SessionChange } from '../support/session-record.js';
import { socketUrl } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { expectWhole, isLast, resumingVariables, type Stage } from './stage.js';

const query = SessionChanges.toString();
interface Data {
  readonly chatSessionChanges: SessionChange;
}

function clientOf({ url, headers }: Pick<Stage, 'url' | 'headers'>, retryAttempts: number): Client {
  return createClient({
    url: socketUrl(url),
    connectionParams: headers,
    webSocketImpl: WebSocket,
    retryAttempts,
    retryWait: () => Promise.resolve(),
  });
}

describe('graphql-ws', () => {
  test('comes back with its own retries, when the variables say each time what was seen last', async () => {
    await expectWhole(async (stage, record) => {
      const client = clientOf(stage, 100);
      // JSON.stringify reads `afterRevision` anew for each request. A stream that the server completes is not retried
      // by the library, so that is up to its user.
      const variables = resumingVariables(stage, record);
      for (;;) {
        for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
          if (!data) throw new Error(JSON.stringify(errors));
          if (isLast(record, data.chatSessionChanges)) return;
        }
      }
    });
  });

  test('comes back without its retries, by a new subscription', async () => {
    await expectWhole(async (stage, record) => {
      const client = clientOf(stage, 0);
      for (;;) {
        const variables = { ...resumingVariables(stage, record) };
        try {
          for await (const { data } of client.iterate<Data>({ query, variables }))
            if (data && isLast(record, data.chatSessionChanges)) return;
        } catch (error) {
          // What a network does, as events of the socket.
          if (error instanceof Error || Array.isArray(error)) throw error;
        }
      }
    });
  });
});

describe('graphql-ws', () => {
  const start = startsTestApps();
  let app: TestApp;
  beforeAll(async () => {
    app = await start();
  });
  const newClient = (url = app.url) => clientOf({ url, headers: { 'x-user-id': newUser() } }, 5);

  test('sends its queries and mutations over the same socket', async () => {
    const client = newClient();
    const results = [];
    for (const request of [
      { query: CreateSession.toString(), variables: { input: {} } },
      { query: '{ chatSessions { totalCount } }' },
    ])
      for await (const { data } of client.iterate(request)) results.push(data);
    expect(results).toMatchObject([
      { createChatSession: { created: true } },
      { chatSessions: { totalCount: 1 } },
    ]);
    await client.dispose();
  });

  test('is told as its only result that there is no such session, and does not ask again', async () => {
    const results = [];
    for await (const { data, errors } of newClient().iterate({
      query,
      variables: { sessionId: randomUUID() },
    }))
      results.push({ data, codes: codesOf(errors as unknown as ReceivedError[]) });
    expect(results).toEqual([{ data: undefined, codes: ['NOT_FOUND'] }]);
  });

  test('is told by an error what is wrong with the document, and does not ask again', async () => {
    const results = newClient().iterate({ query: 'subscription { nothing }' });
    const errors: unknown = await results.next().catch((error: unknown) => error);
    expect(codesOf(errors as ReceivedError[])).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  test('is told by the code of the closing that nobody may watch, and does not ask again', async () => {
    const { url } = await start({ AUTH_JWT_SECRET: secret });
    const results = newClient(url).iterate({ query, variables: { sessionId: randomUUID() } });
    await expect(results.next()).rejects.toMatchObject({ code: 4401 });
  });
});
