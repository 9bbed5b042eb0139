import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, NetworkError } from 'graphql-sse';
import { secret } from '../security/credentials.js';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { SessionChanges, type SessionChange } from '../support/session-record.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { expectWhole, isLast, resumingVariables } from './stage.js';

const query = SessionChanges.toString();
interface Data {
  readonly chatSessionChanges: SessionChange;
}

describe('graphql-sse', () => {
  test('comes back with its own retries, when the variables say each time what was seen last', async () => {
    await expectWhole(async ({ url, headers, ...stage }, record) => {
      const client = createClient({ url, headers, retry: () => Promise.resolve(), retryAttempts: 100 });
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
    await expectWhole(async ({ url, headers, ...stage }, record) => {
      const client = createClient({ url, headers, retryAttempts: 0 });
      for (;;) {
        const variables = { ...resumingVariables(stage, record) };
        try {
          for await (const { data } of client.iterate<Data>({ query, variables }))
            if (data && isLast(record, data.chatSessionChanges)) return;
        } catch (error) {
          if (!(error instanceof NetworkError)) throw error;
        }
      }
    });
  });
});

describe('graphql-sse is told', () => {
  const start = startsTestApps();
  let app: TestApp;
  beforeAll(async () => {
    app = await start();
  });

  async function resultsOf(document: string) {
    const client = createClient({ url: app.url, headers: { 'x-user-id': newUser() } });
    const results = [];
    for await (const result of client.iterate({ query: document, variables: { sessionId: randomUUID() } }))
      results.push({ data: result.data, codes: codesOf(result.errors as unknown as ReceivedError[]) });
    return results;
  }

  test('as its only result that there is no such session, and does not ask again', async () => {
    expect(await resultsOf(query)).toEqual([{ data: undefined, codes: ['NOT_FOUND'] }]);
  });

  test('as its only result what is wrong with the document, and does not ask again', async () => {
    const codes = ['GRAPHQL_VALIDATION_FAILED'];
    expect(await resultsOf('subscription { nothing }')).toEqual([{ data: undefined, codes }]);
  });

  test('by the status that nobody may watch', async () => {
    const { url } = await start({ AUTH_JWT_SECRET: secret });
    let attempts = 0;
    const retry = () => Promise.resolve(void (attempts += 1));
    const results = createClient({ url, retry }).iterate({ query, variables: { sessionId: randomUUID() } });
    await expect(results.next()).rejects.toMatchObject({ response: { status: 401 } });
    // It takes any status for something that may pass. Those who know better give `retry` that throws.
    expect(attempts).toBe(5);
  });
});
