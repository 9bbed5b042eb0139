import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { watch } from '../support/watch.js';
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
  const isStream = ({ query }: { query: string | undefined }) => query?.startsWith('subscription') === true;
  const streams = blocks.filter(isStream);
  expect([curl.length, blocks.length, streams.length]).toEqual([1, 7, 1]);

  const answers = [];
  for (const body of [...curl, ...blocks.filter((block) => !isStream(block))])
    answers.push(await app.as().post(body));
  for (const { errors } of answers) expect(errors).toEqual([]);
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
    { startChatMessage: { chatMessage: { sequence: 3, status: 'IN_PROGRESS' } } },
    { extendChatMessage: { length: 13, replayed: false } },
    { finishChatMessage: { chatMessage: { content: 'It will rain.', status: 'COMPLETE' }, replayed: false } },
  ]);

  const stream = await watch(app.url, {}, streams[0]?.query ?? '', {});
  expect([await stream.nextData(), await stream.nextData(), await stream.nextData()]).toMatchObject([
    { chatSessionChanges: { __typename: 'ChatMessagesAppended', revision: 1 } },
    { chatSessionChanges: { __typename: 'ChatMessagesAppended', revision: 3 } },
    { chatSessionChanges: { __typename: 'ChatSessionUpdated', revision: 6 } },
  ]);
  stream.stop();
});
