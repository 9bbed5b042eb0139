import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSession, appended, fromUser, numbers, updated } from '../support/ledger.js';
import {
  contentsOf,
  readRecord,
  SessionChanges,
  SessionRecord,
  type SessionChange,
} from '../support/session-record.js';
import { beginSocket, type TestSocket } from '../support/socket.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { watchOverSocket } from '../support/watch-socket.js';
import { watch } from '../support/watch.js';

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

/** MB that the server has held at the same time, at most. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
}

const user = 'alice';

/** A client that asks for a stream and reads nothing of it. */
async function stalledReader(sessionId: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  const body = JSON.stringify({
    query: SessionChanges.toString(),
    variables: { sessionId, afterRevision: 0 },
  });
  socket.write(
    [
      'POST /graphql HTTP/1.1',
      'host: localhost',
      'accept: text/event-stream',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-user-id: ${user}`,
      '',
      body,
    ].join('\r\n'),
  );
  return socket;
}

/** The changes that a socket brings from now on. Written for what Yoga sends: an event never shares its line. */
async function* changesFrom(socket: Socket): AsyncGenerator<SessionChange, void> {
  let text = '';
  for await (const part of socket.setEncoding('latin1')) {
    text += String(part);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const json = /^data: (\{.*\})$/.exec(line)?.[1];
      if (json === undefined) continue;
      const { data } = JSON.parse(json) as { data: { chatSessionChanges: SessionChange } };
      yield data.chatSessionChanges;
    }
  }
}

/** The same over a WebSocket. */
async function stalledSocket(sessionId: string): Promise<TestSocket> {
  const stalled = await beginSocket(server.url, { 'x-user-id': user });
  const payload = { query: SessionChanges.toString(), variables: { sessionId, afterRevision: 0 } };
  stalled.send({ id: '1', type: 'subscribe', payload });
  stalled.socket.pause();
  return stalled;
}

/** The changes that a socket brings, from the revision that a record has. */
async function* changesAfter(sessionId: string, record: SessionRecord): AsyncGenerator<SessionChange, void> {
  const variables = { sessionId, afterRevision: Math.max(record.revision, 0) };
  const stream = await watchOverSocket(server.url, { 'x-user-id': user }, SessionChanges, variables);
  for (;;) yield (await stream.nextData()).chatSessionChanges;
}

test.each([
  {
    way: 'event streams',
    stall: async (sessionId: string) => {
      const socket = await stalledReader(sessionId);
      return { leave: () => socket.destroy(), changes: () => changesFrom(socket) };
    },
    areLetGo: () => Promise.resolve(),
  },
  {
    way: 'sockets',
    stall: async (sessionId: string) => {
      const { socket } = await stalledSocket(sessionId);
      const changes = (record: SessionRecord) => changesAfter(sessionId, record);
      const leave = () => {
        socket.terminate();
      };
      return { leave, changes };
    },
    // What they do not take is not kept for long.
    areLetGo: () =>
      until(() => server.log.filter(({ msg }) => msg === 'socket closed').length === 10, 170_000),
  },
])(
  'ten readers over $way that stall cost little, hold up nobody, and miss nothing',
  async ({ stall, areLetGo }) => {
    const client = server.as(user);
    const { id } = await createSession(client);
    const live = await watch(server.url, { 'x-user-id': user }, SessionChanges, {
      sessionId: id,
      afterRevision: 0,
    });
    const liveRecord = new SessionRecord();
    const reading = (async () => {
      while (liveRecord.title !== 'the end') liveRecord.apply((await live.nextData()).chatSessionChanges);
    })();
    const stalled = await Promise.all(numbers(10).map(() => stall(id)));
    const before = await peakMemory();

    // 12,000 messages of 10 kB: for ten readers 1.2 GB, had they to be held.
    const content = 'x'.repeat(10_000);
    for (const batch of numbers(600))
      await appended(client, id, fromUser(...numbers(20).map((n) => `${batch}.${n} ${content}`)));
    await updated(client, { id, title: 'the end' });
    await reading;
    live.stop();
    const growth = (await peakMemory()) - before;
    // 230 was measured.
    expect(growth).toBeLessThan(400);

    await areLetGo();
    const [late, ...others] = stalled;
    if (!late) throw new Error('There are ten.');
    for (const other of others) other.leave();
    const record = new SessionRecord();
    for await (const change of late.changes(record)) {
      record.apply(change);
      if (record.title === 'the end') break;
    }
    const stored = await readRecord(client, id);
    expect(liveRecord.messages).toHaveLength(12_000);
    expect(contentsOf(liveRecord)).toEqual(stored);
    expect(contentsOf(record)).toEqual(stored);
    expect((await client.post({ query: '{ viewer { kind } }' })).status).toBe(200);
  },
  300_000,
);
