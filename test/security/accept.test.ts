import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeOf } from '../support/answer-code.js';
import { send } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const json = { 'content-type': 'application/json' };
const typename = JSON.stringify({ query: '{ __typename }' });
const get = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

let app: TestApp;
let throughYoga: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  throughYoga = await startTestApp({}, false);
});
afterAll(() => Promise.all([app.close(), throughYoga.close()]));

describe('accept', () => {
  test.each([
    ['text/plain'],
    ['image/png'],
    ['x'],
    ['application/json; charset=utf-16'],
    ['text/html'],
    [' , '],
    ['application/json;q=0'],
    ['application/json; Q=0.0, application/graphql-response+json;q=0'],
    ['*/*;q=0'],
    ['application/json;q=0, image/*, text/plain'],
    ['*/*;q=0, application/*;q=0'],
    ['application/json;charset=latin1, text/html'],
    ['application'],
    ['application/json/x'],
    ['json'],
  ])('%s is not acceptable, and nothing is done for it', async (accept) => {
    const id = randomUUID();
    const query = `mutation { createChatSession(input: { id: "${id}", userId: "x" }) { __typename } }`;
    const headers = { ...json, accept };
    const answer = await send(app.origin, '/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    expect(answer.status).toBe(406);
    expect(codeOf(answer)).toBe('NOT_ACCEPTABLE');
    const { rows } = await app.database.sql.query('SELECT FROM "ChatSession" WHERE id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/plain, application/json;q=0.5', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    ['application/*', 'application/json'],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0.5, application/json', 'application/json'],
    [
      'application/json;q=0.001, application/graphql-response+json;q=0.002',
      'application/graphql-response+json',
    ],
    ['application/json;q=0, application/graphql-response+json;q=0.1', 'application/graphql-response+json'],
    ['application/json;q=0, */*;q=0.1', 'application/graphql-response+json'],
    ['application/json;q=0.5, application/graphql-response+json;q=0.5, */*', 'application/json'],
    ['application/json;q=0.5, */*', 'application/graphql-response+json'],
    ['text/event-stream;q=0.8, application/json;q=0.9', 'application/json'],
    ['text/event-stream, application/json', 'application/json'],
    ['*/*, application/json;q=0', 'application/graphql-response+json'],
    ['application/*;q=0.9, application/json;q=0.1', 'application/graphql-response+json'],
    ['*/*;q=0.9, application/graphql-response+json;q=0', 'application/json'],
    ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
    ['application/json, application/graphql-response+json', 'application/json'],
    ['APPLICATION/GraphQL-Response+JSON ; q=1.0', 'application/graphql-response+json'],
    ['application/json;charset=utf8;q=0.9, application/graphql-response+json;q=0.8', 'application/json'],
    ['application/json;x="a,b;q=0"', 'application/json'],
    [
      'application/json;charset=latin1, application/graphql-response+json;q=0.1',
      'application/graphql-response+json',
    ],
    ['text/event-stream;q=0, multipart/mixed;q=0, */*', 'application/json'],
    [
      'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
      'application/graphql-response+json',
    ],
    [
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
      'application/graphql-response+json',
    ],
  ])('%s is answered in %s', async (accept, type) => {
    for (const server of [app, throughYoga]) await expectType(server, accept, type);
  });

  async function expectType(server: TestApp, accept: string, type: string): Promise<void> {
    const headers = { ...json, accept };
    for (const sent of [
      { path: '/graphql', method: 'POST', headers, body: typename },
      { path: '/graphql', method: 'POST', headers, body: '{"query":"{ x }"}' },
      { path: get('{ __typename }'), method: 'GET', headers: { accept } },
    ]) {
      const answer = await send(server.origin, sent.path, sent);
      expect({ accept, type: answer.headers['content-type'] }).toEqual({
        accept,
        type: `${type}; charset=utf-8`,
      });
    }
  }

  test('is answered in the type of the highest weight, whatever the order', async () => {
    const types = ['application/json', 'application/graphql-response+json'];
    for (let n = 0; n < 100; n += 1) {
      const weights = new Set(Array.from({ length: 20 }, () => randomInt(1, 1_001) / 1_000));
      const [first = 0, second = 0, third = 0] = weights;
      const isFirst = first > second;
      const ranges = [
        `${types[0] ?? ''};q=${first}`,
        `${types[1] ?? ''} ; q=${second}`,
        `${['image/png', 'text/plain', '*/*', 'application/*', 'x'][randomInt(5)] ?? ''};q=${third}`,
      ].sort(() => randomInt(3) - 1);
      const server = n % 2 === 0 ? app : throughYoga;
      await expectType(server, ranges.join(','), types[isFirst ? 0 : 1] ?? '');
    }
  });

  test.each([
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, application/json;q=0.9', 'text/event-stream'],
    ['application/json;q=0, */*;q=0.1, application/graphql-response+json;q=0', 'text/event-stream'],
  ])('%s is answered in %s, a stream of one result', async (accept, type) => {
    const headers = { ...json, accept };
    for (const server of [app, throughYoga]) {
      const answer = await send(server.origin, '/graphql', { method: 'POST', headers, body: typename });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
      expect(answer.text).toContain('data: {"data":{"__typename":"Query"}}');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test.each([
    ['text/html', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', true],
    ['application/json, text/html', true],
    ['text/html;q=0.9, application/json', false],
    ['text/html;q=0, */*', false],
    ['text/htmlx, */*', false],
    ['*/*', false],
    ['text/*, application/json', false],
  ])('%s has the page: %p', async (accept, page) => {
    const answer = await send(app.origin, get('{ __typename }'), { headers: { accept } });
    expect(answer.status).toBe(200);
    expect(answer.text.includes('GraphiQL')).toBe(page);
  });

  test('application/graphql-response+json gets 400 for a document that does not hold', async () => {
    const headers = { ...json, accept: 'application/graphql-response+json' };
    for (const query of ['{', '{ x }']) {
      const answer = await send(app.origin, '/graphql', {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      expect(answer.status).toBe(400);
    }
  });
});
