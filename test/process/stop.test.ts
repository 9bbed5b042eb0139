import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AppendMessage, CreateSession } from '../support/documents.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

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

test.each(['SIGTERM', 'SIGINT'] as const)(
  'on %s a request under way finishes, new ones are refused, and the process ends with 0',
  async (signal) => {
    const client = server.as('alice');
    const id = randomUUID();
    await client.runOk(CreateSession, { input: { id } });

    // Somebody holds the row of the session, so that the append is under way for as long as we want.
    const holder = await database.sql.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const append = client.run(AppendMessage, {
      input: { sessionId: id, message: { role: 'USER', content: 'late' } },
    });
    await until(async () => {
      const { rows } = await database.sql.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database()`);
      return rows.length === 1;
    });

    server.kill(signal);
    await until(() => server.told().includes(`${signal}: finishing`));
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    await holder.query('COMMIT');
    holder.release();

    const { status, data } = await append;
    expect(status).toBe(200);
    expect(data?.appendChatMessage).toMatchObject({ chatMessage: { sequence: 0, content: 'late' } });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  },
);

test('a request that had only begun when the server was asked to stop is refused with a code', async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`);
  // The half request is there once a whole one behind it has been answered.
  await server.as('alice').runOk(CreateSession, { input: {} });

  server.kill('SIGTERM');
  await until(() => server.told().includes('SIGTERM: finishing'));
  socket.write('content-length: 2\r\n\r\n{}');
  const answer = await text(socket);

  expect(answer).toMatch(/^HTTP\/1.1 503 /);
  expect(answer).toMatch(/^connection: close\r$/im);
  expect(answer).toContain('"code":"SERVICE_UNAVAILABLE"');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});
