import { connect } from 'node:net';
import { expect } from '@jest/globals';
import { startsAttackedServer } from '../support/attacked-server.js';
import { testOnLinux as test } from '../support/server-load.js';

const attacked = startsAttackedServer();

/** What a connection answers to requests that are sent all at once, until it is closed. */
async function answersTo(requests: string): Promise<string> {
  const socket = connect(Number(new URL(attacked.process.url).port), '127.0.0.1');
  let answers = '';
  socket.setEncoding('utf8').on('data', (chunk) => (answers += String(chunk)));
  // What is sent to a connection that is being closed may reset it.
  socket.on('error', () => undefined);
  socket.write(requests);
  await new Promise((resolve) => socket.once('close', resolve));
  return answers;
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
const statuses = (answers: string) => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);

test('a few requests that come together are answered in their order', async () => {
  const answers = await answersTo(
    [get('/health'), get('/nothing'), get('/ready'), get('/health', 'connection: close\r\n')].join(''),
  );
  expect(statuses(answers)).toEqual(['200', '404', '200', '200']);
});

test.each(['/health', '/ready', '/graphql?query={__typename}', '/nothing'])(
  '20,000 requests for %s at once end their connection, and nobody else waits',
  async (path) => {
    const answers = await attacked.survives(() =>
      answersTo(get(path, 'x-user-id: alice\r\n').repeat(20_000)),
    );
    expect(statuses(answers).length).toBeLessThan(60);
    if (statuses(answers).at(-1) === '429') expect(answers).toMatch(/"code":"RATE_LIMITED"/);
  },
);

test('refused is the first request that is too many, with a code', async () => {
  // Few enough for the whole of them to be read before the connection is closed.
  const answers = await answersTo(get('/health').repeat(80));
  expect(statuses(answers)).toEqual([...Array<string>(50).fill('200'), '429']);
  expect(answers).toMatch(/"code":"RATE_LIMITED"/);
  expect(answers).toMatch(/connection: close/i);
});
