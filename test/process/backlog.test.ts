import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { numbers } from '../support/ledger.js';
import { startServer } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

/** More than Node lets wait by default. */
const clients = 700;

/** What the system lets wait at most. */
const systemLimit = ((): number => {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0;
  }
})();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

// Needs Linux, whose backlog is exact.
(systemLimit > clients ? test : test.skip).each([['1'], ['2']])(
  'connections that come all at once wait until they are accepted, with %s workers',
  async (workers) => {
    const server = await startServer({ DATABASE_URL: database.url, MIGRATE: 'off', WORKERS: workers });
    const { hostname, port } = new URL(server.url);
    let connected = 0;
    server.kill('SIGSTOP');
    const sockets: Socket[] = numbers(clients).map(() => {
      const socket = connect(Number(port), hostname, () => (connected += 1));
      socket.end(`GET /health HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`);
      return socket;
    });
    try {
      // Those for which there was no room would not be connected before somebody accepts.
      await until(() => connected === clients);
    } finally {
      server.kill('SIGCONT');
    }
    const answers = await Promise.all(sockets.map((socket) => text(socket)));
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 200 OK'))).toHaveLength(clients);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
);
