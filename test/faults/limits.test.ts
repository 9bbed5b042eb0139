import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { codesOf } from '../support/coded-errors.js';
import { Append, createSession, member, numbers } from '../support/ledger.js';
import { SessionChanges } from '../support/session-record.js';
import { until } from '../support/until.js';
import { anyWay, type Watch } from '../support/watch.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const maxConnections = 20;
const stage = setsStage([`max_connections = ${maxConnections}`, 'superuser_reserved_connections = 0']);

test('when PostgreSQL takes no more connections, those that are there go on serving', async () => {
  // A pool that wants more connections than there are.
  const scene = await stage.open({ DATABASE_POOL_SIZE: `${2 * maxConnections}` });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const ask = () => client.post({ query: `{ chatSession(id: "${id}") { title } }` });
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    const strangers = await takeAllConnections(scene);
    try {
      let refused = 0;
      let served = 0;
      // Requests share connections when they come one after the other, so not each burst finds too few.
      await until(async () => {
        for (const { errors } of await Promise.all(numbers(2 * maxConnections).map(ask))) {
          if (errors.length === 0) {
            served += 1;
            continue;
          }
          expect(codesOf(errors)).toEqual(['SERVICE_UNAVAILABLE']);
          refused += 1;
        }
        return refused > 0 && served > 0;
      });
      expect((await scene.probes()).health).toBe(200);
    } finally {
      await Promise.all(strangers.map((stranger) => stranger.end()));
    }
    // The server is told of the end of a connection before it is gone.
    await until(async () => (await ask()).errors.length === 0);
  }
  await scene.survived('too many connections (max_connections)', times);
});

async function takeAllConnections(scene: Scene): Promise<pg.Client[]> {
  const first = await scene.connect();
  const taken = [first];
  for (;;) {
    const client = new pg.Client({ connectionString: scene.url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      taken.push(client);
    } catch {
      // One that is just being closed by somebody else takes a place, too, and leaves it in a moment.
      if (await isFull(first)) return taken;
    }
  }
}

async function isFull(sql: pg.Client): Promise<boolean> {
  const { rowCount } = await sql.query(
    `SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND state IS NOT NULL`,
  );
  return rowCount === maxConnections;
}

test('more requests than may wait are refused at once, and those that wait are served', async () => {
  const maxQueued = 20;
  const scene = await stage.open({
    MAX_QUEUED: `${maxQueued}`,
    DATABASE_POOL_SIZE: '2',
    // Whoever waits is to wait until all others have been refused.
    DATABASE_TIMEOUT_MILLISECONDS: '60000',
  });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const { id: watched } = await createSession(client);
  // Streams do not wait.
  const streams: Watch<unknown>[] = [];
  while (streams.length < maxQueued + 5) {
    const variables = { sessionId: watched };
    const watch = anyWay(streams.length);
    const stream = await watch(scene.server.url, { 'x-user-id': 'alice' }, SessionChanges, variables);
    await stream.nextData();
    streams.push(stream);
  }
  const requests = 500;
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    let tooMany = 0;
    const appends = numbers(maxQueued + 10).map(async (n) => {
      const message = { role: 'USER', content: `round ${round}, append ${n}` } as const;
      const { status, data } = await client.run(Append, { input: { sessionId: id, message } });
      if (status === 503) tooMany += 1;
      return data ? [data.appendChatMessage] : [];
    });
    await until(() => tooMany === 10);
    const answers = await Promise.all(
      numbers(requests).map(() => client.post({ query: '{ viewer { kind } }' })),
    );
    for (const { status, headers, errors } of answers) {
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('1');
      expect(codesOf(errors, headers.get('x-request-id'))).toEqual(['SERVICE_UNAVAILABLE']);
    }
    // /ready would wait for the database as long as a request that is let in.
    expect((await fetch(new URL('/health', scene.server.url))).status).toBe(200);
    await release();
    const served = (await Promise.all(appends)).flat();
    expect(served).toHaveLength(maxQueued);
    for (const result of served) member(result, 'AppendChatMessageSuccess');
  }
  for (const stream of streams) stream.stop();
  const refused = times * (requests + 10);
  await scene.survived('more requests than may wait (MAX_QUEUED)', times, undefined, { refused });
});

test('requests behind others on a connection that breaks leave their places', async () => {
  const maxQueued = 5;
  const scene = await stage.open({ MAX_QUEUED: `${maxQueued}` });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const isFull = async () => (await client.post({ query: '{ viewer { kind } }' })).status === 503;
  const times = rounds(3);
  for (let round = 1; round <= times; round += 1) {
    const release = await scene.hold('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const { hostname, port } = new URL(scene.server.url);
    const socket = connect(Number(port), hostname);
    const input = { sessionId: id, message: { role: 'USER' } };
    const body = JSON.stringify({ query: Append.toString(), variables: { input } });
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    const one = `${head}content-length: ${body.length}\r\nx-user-id: alice\r\n\r\n${body}`;
    socket.write(one.repeat(maxQueued));
    await until(isFull);
    socket.destroy();
    await until(async () => !(await isFull()));
    await release();
  }
  await scene.survived('connection with several waiting requests broken', times);
});
