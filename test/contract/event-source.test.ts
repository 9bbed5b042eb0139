import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { createSession } from '../support/ledger.js';
import { send } from '../support/raw-http.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';

const path = (query: string, variables: object) =>
  `/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`;
const document = 'subscription ($id: ID!) { chatSessionChanges(sessionId: $id) { __typename revision } }';

describe('the EventSource of a browser', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const get = (query: string, variables: object) =>
    send(app.origin, path(query, variables), {
      headers: { accept: 'text/event-stream', 'cache-control': 'no-cache', 'x-user-id': user },
    });
  const user = newUser();

  test('watches by GET, and hears of the end by an event of its own', async () => {
    const { id } = await createSession(app.as(user));
    const answer = get(document, { id });
    const deletion = `mutation { deleteChatSession(input: { id: "${id}" }) { __typename } }`;
    await app.as(user).post({ query: deletion });
    const { status, headers, text } = await answer;
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/event-stream');
    const events = text.split('\n\n').filter((event) => !event.startsWith(':') && event !== '');
    expect(events.at(-1)).toBe('event: complete\ndata:');
    expect(events.at(-2)).toBe(
      'event: next\ndata: {"data":{"chatSessionChanges":{"__typename":"ChatSessionDeleted","revision":1}}}',
    );
  });

  test('changes nothing', async () => {
    const id = randomUUID();
    const query = `mutation { createChatSession(input: { id: "${id}" }) { __typename } }`;
    const { status, text } = await get(query, {});
    expect(status).toBe(405);
    expect(text).toContain('"METHOD_NOT_ALLOWED"');
    const { rows } = await app.database.sql.query('SELECT FROM "ChatSession" WHERE id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test.each([
    ['there is no such session', document, 'NOT_FOUND'],
    ['the document is not valid', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('is told that %s by an event, for it shows its page nothing else', async (_what, query, code) => {
    const { status, text } = await get(query, { id: randomUUID() });
    expect(status).toBe(200);
    const data = text.split('\n').find((line) => line.startsWith('data: {')) ?? 'data: {}';
    const { errors } = JSON.parse(data.slice(6)) as { errors: ReceivedError[] };
    expect(codesOf(errors)).toEqual([code]);
    expect(text).toMatch(/event: complete\ndata:\n\n$/);
  });
});
