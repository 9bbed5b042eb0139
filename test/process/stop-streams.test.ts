import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSession, numbers } from '../support/ledger.js';
import { SessionChanges } from '../support/session-record.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { watchWays } from '../support/watch.js';

let database: TestDatabase;
let server: ServerProcess;
beforeEach(async () => {
  database = await createTestDatabase();
  server = await startServer({ DATABASE_URL: database.url });
});
afterEach(async () => {
  server.kill('SIGKILL');
  await server.exited;
  await database.drop();
});

const headers = { 'x-user-id': 'alice' };

test.each(watchWays)(
  'on SIGTERM 50 open streams over $way are completed, and the process ends with 0 without waiting for its grace',
  async ({ watch }) => {
    const { id } = await createSession(server.as('alice'));
    const streams = await Promise.all(
      numbers(50).map(() => watch(server.url, headers, SessionChanges, { sessionId: id })),
    );
    for (const stream of streams) await stream.nextData();
    const rests = streams.map((stream) => stream.rest());
    server.kill('SIGTERM');
    // Streams that are not completed would hold it up for half an hour.
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await Promise.all(rests)).toEqual(numbers(50).map(() => []));
  },
);

test('a subscription that had only begun when the server was asked to stop is refused with a code', async () => {
  const { id } = await createSession(server.as('alice'));
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
  // The half request is there once a whole one behind it has been answered.
  await createSession(server.as('alice'));

  server.kill('SIGTERM');
  await until(() => server.told().includes('SIGTERM: finishing'));
  const body = JSON.stringify({ query: SessionChanges.toString(), variables: { sessionId: id } });
  socket.write(
    `accept: text/event-stream\r\nx-user-id: alice\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = await text(socket);

  expect(answer).toMatch(/^HTTP\/1.1 503 /);
  expect(answer).toContain('"code":"SERVICE_UNAVAILABLE"');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});
