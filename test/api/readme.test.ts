import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('what the README sends is answered as it says, in its order', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const curl = [...readme.matchAll(/^ *-d '(.*)'$/gm)].map(([, body]) => JSON.parse(body ?? '') as unknown);
  const blocks = [...readme.matchAll(/```graphql\n(.*?)```/gs)].map(([, query]) => ({ query }));
  expect([curl.length, blocks.length]).toEqual([1, 3]);

  const answers = [];
  for (const body of [...curl, ...blocks]) answers.push(await app.as().post(body));
  expect(answers.map(({ errors }) => errors)).toEqual([[], [], [], []]);
  expect(answers.map(({ data }) => data)).toMatchObject([
    { createChatSession: { created: true, chatSession: { title: 'Ledgers' } } },
    {
      appendChatMessages: {
        replayed: false,
        chatMessages: [{ sequence: 0 }, { sequence: 1 }, { sequence: 2 }],
      },
    },
    { updateToolMessageContent: { chatMessage: { sequence: 2, content: '{"rain_mm": 6.5}', revision: 2 } } },
    {
      chatSessions: {
        totalCount: 1,
        nodes: [{ messageCount: 3, messages: { pageInfo: { hasPreviousPage: false } } }],
      },
    },
  ]);
});
