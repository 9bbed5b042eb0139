import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { createLog } from '../../src/http/log.js';
import { createHttpServer } from '../../src/http/server.js';

const never = () => Promise.reject(new Error('Nothing is asked here.'));

function createServer() {
  return createHttpServer({
    graphql: { answer: never, protocol: { opened: () => never }, admitSocket: () => undefined },
    authenticate: never,
    readiness: { check: never },
    notifier: { isListening: false },
    graphiql: undefined,
    cors: { origins: [], headers: [] },
    unreadLimit: 1_000_000,
    maxQueued: 1,
    arrivalTimeout: 10_000,
    sockets: { messageLimit: 1, socketLimit: 1, operationLimit: 1 },
    log: createLog('silent'),
  });
}

test('a connection that has sent nothing, as browsers keep one in reserve, does not hold up the end', async () => {
  const server = createServer();
  const socket = connect(await server.listen('127.0.0.1', 0), '127.0.0.1');
  await once(socket, 'connect');
  // Answered behind it, so that the server has seen the silent one.
  const answered = connect(socket.remotePort ?? 0, '127.0.0.1');
  answered.end('GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  expect(String((await once(answered, 'data'))[0])).toContain('200 OK');

  const ended = once(socket, 'close');
  // Far longer than a test may take.
  await server.close(3_600_000);
  await ended;
});

test.each([
  [
    'was refused',
    'POST /x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 1000000\r\n\r\n',
  ],
  ['sent no HTTP', 'GARBAGE\r\n\r\n'],
  [
    'wanted a WebSocket',
    'GET /x HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  ],
])('a client that %s and stays does not hold up the end beyond its time', async (_what, sent) => {
  const server = createServer();
  const port = await server.listen('127.0.0.1', 0);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(sent);
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 4\d\d /);
  await server.close(10);
});
