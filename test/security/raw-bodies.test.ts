import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/test-app.js';

const app = useTestApp({
  BODY_LIMIT: '20000',
  MAX_QUEUED: '2',
  ARRIVAL_TIMEOUT_MILLISECONDS: '2000',
});

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(app.origin);
  const socket = connect(Number(port), hostname);
  // Whoever is refused in the midst of sending may find the connection broken.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that comes back until the server closes the connection. */
async function exchange(sent: string): Promise<string> {
  const socket = await open();
  socket.write(sent, 'latin1');
  return text(socket).catch(() => '');
}

const statuses = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

const codes = (answers: string) => [...answers.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);

/** The body of a mutation by which it shows that a request was carried out. */
const creating = (id: string) =>
  JSON.stringify({
    query: `mutation { createChatSession(input: { id: "${id}", userId: "x" }) { __typename } }`,
  });
const head = 'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const whole = (body: string, more = '') => `${head}${more}content-length: ${body.length}\r\n\r\n${body}`;
const inChunks = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const last = 'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

async function stored(...ids: string[]): Promise<string[]> {
  const { rows } = await app.database.sql.query<{ id: string }>(
    'SELECT id FROM "ChatSession" WHERE id = ANY($1)',
    [ids],
  );
  return rows.map(({ id }) => id);
}

test('what is sent as it should be is carried out', async () => {
  const ids = [randomUUID(), randomUUID()];
  const [first = '', second = ''] = ids.map(creating);
  const sent = `${whole(first)}${head}transfer-encoding: chunked\r\n\r\n${inChunks(second)}${last}`;
  expect(statuses(await exchange(sent))).toEqual([200, 200, 200]);
  expect((await stored(...ids)).sort()).toEqual(ids.sort());
});

describe('a request whose length can be read in two ways is refused, with what stands behind it', () => {
  /** A request that creates one session, and another one inside or behind its body. */
  const smuggling: Record<string, (body: string, hidden: string) => string> = {
    'a length and chunks': (body, hidden) =>
      `${head}content-length: ${inChunks(body).length + hidden.length}\r\ntransfer-encoding: chunked\r\n\r\n${inChunks(body)}${hidden}`,
    'chunks and a length': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\ncontent-length: ${inChunks(body).length}\r\n\r\n${inChunks(body)}${hidden}`,
    'a length of 0 and chunks': (body, hidden) =>
      `${head}content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n${inChunks(body)}${hidden}`,
    'two lengths': (body, hidden) =>
      `${head}content-length: ${body.length}\r\ncontent-length: ${body.length + hidden.length}\r\n\r\n${body}${hidden}`,
    'the same length twice': (body, hidden) =>
      `${head}content-length: ${body.length}\r\ncontent-length: ${body.length}\r\n\r\n${body}${hidden}`,
    'a list of lengths': (body, hidden) =>
      `${head}content-length: ${body.length}, ${body.length}\r\n\r\n${body}${hidden}`,
    'a length with a sign': (body, hidden) =>
      `${head}content-length: +${body.length}\r\n\r\n${body}${hidden}`,
    'a negative length': (body, hidden) => `${head}content-length: -1\r\n\r\n${body}${hidden}`,
    'a length in another notation': (body, hidden) =>
      `${head}content-length: 0x${body.length.toString(16)}\r\n\r\n${body}${hidden}`,
    'a length beyond 64 bits': (body, hidden) =>
      `${head}content-length: ${2n ** 64n + BigInt(body.length)}\r\n\r\n${body}${hidden}`,
    'an empty length': (body, hidden) => `${head}content-length: \r\n\r\n${body}${hidden}`,
    'a blank before the colon of the length': (body, hidden) =>
      `${head}content-length : ${body.length}\r\n\r\n${body}${hidden}`,
    'a blank before the colon of the chunks': (body, hidden) =>
      `${head}transfer-encoding : chunked\r\n\r\n${inChunks(body)}${hidden}`,
    'chunks that are not the last encoding': (body, hidden) =>
      `${head}transfer-encoding: chunked, identity\r\n\r\n${inChunks(body)}${hidden}`,
    'an encoding that only looks like chunks': (body, hidden) =>
      `${head}transfer-encoding: xchunked\r\n\r\n${inChunks(body)}${hidden}`,
    'two encodings': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n${inChunks(body)}${hidden}`,
    'a header that is folded': (body, hidden) =>
      `${head}transfer-encoding:\r\n chunked\r\ncontent-length: 0\r\n\r\n${inChunks(body)}${hidden}`,
    'a header that ends with a line feed alone': (body, hidden) =>
      `${head}x: y\ncontent-length: 0\r\ncontent-length: ${body.length}\r\n\r\n${body}${hidden}`,
    'a header with a carriage return inside': (body, hidden) =>
      `${head}x: y\rtransfer-encoding: chunked\r\ncontent-length: ${body.length}\r\n\r\n${body}${hidden}`,
    'a header with NUL': (body, hidden) => `${head}content-length: ${body.length}\0\r\n\r\n${body}${hidden}`,
    'a chunk whose size is no number': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\n\r\n0x${inChunks(body)}${hidden}`,
    'a chunk of a negative size': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\n\r\n-${inChunks(body)}${hidden}`,
    'a chunk that is longer than its size': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\n\r\n5\r\n${body}\r\n0\r\n\r\n${hidden}`,
    'a chunk of a size beyond 64 bits': (body, hidden) =>
      `${head}transfer-encoding: chunked\r\n\r\n1${'0'.repeat(16)}${inChunks(body)}${hidden}`,
  };

  test.each(Object.entries(smuggling))('%s', async (_how, write) => {
    const ids = [randomUUID(), randomUUID()];
    const [body = '', hidden = ''] = ids.map(creating);
    const answers = await exchange(write(body, whole(hidden)));
    expect(statuses(answers)).toEqual([400]);
    expect(codes(answers)).toEqual(['BAD_REQUEST']);
    expect(await stored(...ids)).toEqual([]);
  });
});

describe('a body that nobody reads is not taken for the next request', () => {
  const refused: Record<string, [status: number, beginning: string]> = {
    'nothing is there': [404, head.replace('/graphql', '/')],
    'the type is wrong': [415, head.replace('application/json', 'text/plain')],
    'the answer would not be accepted': [406, `${head}accept: image/png\r\n`],
    'the method is not allowed': [405, head.replace('POST', 'PUT')],
    'it is asked with GET': [400, head.replace('POST', 'GET')],
    'it is a question after the health': [200, head.replace('/graphql', '/health')],
  };

  test.each(Object.entries(refused))('%s', async (_why, [status, beginning]) => {
    const id = randomUUID();
    const hidden = whole(creating(id));
    const sent = `${beginning}content-length: ${hidden.length}\r\n\r\n${hidden}${last}`;
    expect(statuses(await exchange(sent))).toEqual([status, 200]);
    const chunked = `${beginning}transfer-encoding: chunked\r\n\r\n${inChunks(hidden)}${last}`;
    expect(statuses(await exchange(chunked))).toEqual([status, 200]);
    expect(await stored(id)).toEqual([]);
  });

  test('it is too large', async () => {
    const id = randomUUID();
    const hidden = `${' '.repeat(20_001)}${whole(creating(id))}`;
    for (const sent of [
      `${head}content-length: ${hidden.length}\r\n\r\n${hidden}${last}`,
      `${head}transfer-encoding: chunked\r\n\r\n${inChunks(hidden)}${last}`,
    ])
      expect(statuses(await exchange(sent))).toEqual([413]);
    expect(await stored(id)).toEqual([]);
  });
});

describe('what is too large is refused before it is there:', () => {
  test.each([
    ['a length of a terabyte', `${head}content-length: 1000000000000\r\n\r\n`, 413],
    ['headers of 100 kB', `${head}x: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['10,000 headers', `${head}${'a: b\r\n'.repeat(10_000)}\r\n`, 431],
    ['an address of 100 kB', `GET /graphql?${'x'.repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
  ])('%s', async (_what, sent, status) => {
    const answer = await exchange(sent);
    expect(statuses(answer)).toEqual([status]);
    expect(codes(answer)).toEqual(['PAYLOAD_TOO_LARGE']);
  });
});

describe('half a request', () => {
  const body = (id: string) => creating(id).slice(0, -20);
  const beginnings: Record<string, (id: string) => string> = {
    'in the first line': () => 'POST /gra',
    'in the headers': () => head,
    'in the body': (id) => `${head}content-length: ${creating(id).length}\r\n\r\n${body(id)}`,
    'in a chunk': (id) =>
      `${head}transfer-encoding: chunked\r\n\r\n${creating(id).length.toString(16)}\r\n${body(id)}`,
    'before the last chunk': (id) =>
      `${head}transfer-encoding: chunked\r\n\r\n${creating(id).length.toString(16)}\r\n${creating(id)}\r\n`,
  };

  test.each(Object.entries(beginnings))(
    'does nothing when its client goes: %s',
    async (_where, beginning) => {
      const id = randomUUID();
      for (const leave of [
        (socket: Socket) => socket.end(),
        (socket: Socket) => socket.destroy(),
        (socket: Socket) => socket.resetAndDestroy(),
      ]) {
        const socket = await open();
        socket.write(beginning(id));
        leave(socket);
        socket.resume();
        await once(socket, 'close');
      }
      expect(statuses(await exchange(last))).toEqual([200]);
      expect(await stored(id)).toEqual([]);
    },
  );

  test('takes no place of a whole one, and is ended when no more of it comes', async () => {
    const id = randomUUID();
    const halves = Object.values(beginnings);
    const ended = [...halves, ...halves].map((beginning) => exchange(beginning(id)));
    // More than may wait. This one behind them is answered.
    const whileTheyWait = randomUUID();
    expect(statuses(await exchange(`${whole(creating(whileTheyWait))}${last}`))).toEqual([200, 200]);
    const answers = await Promise.all(ended);
    expect(answers.map(statuses)).toEqual(ended.map(() => [408]));
    expect(answers.map(codes)).toEqual(ended.map(() => ['TIMEOUT']));
    for (const answer of answers) expect(answer).toMatch(/\r\nretry-after: 1\r\n/);
    expect(await stored(id, whileTheyWait)).toEqual([whileTheyWait]);
  });
});

test('the server is as well as before', async () => {
  expect((await fetch(`${app.origin}/ready`)).status).toBe(200);
  expect(app.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
