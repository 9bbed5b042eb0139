import { once } from 'node:events';
import { request as open } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { secret } from './credentials.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** More than the buffers of a connection hold, so that a client that only sends is stuck unless the server reads. */
const large = 30_000_000;

let app: TestApp;
let guarded: TestApp;
beforeAll(async () => {
  app = await startTestApp({ BODY_LIMIT: '20000', ARRIVAL_TIMEOUT_MILLISECONDS: '60000' });
  guarded = await startTestApp({ AUTH_JWT_SECRET: secret, ARRIVAL_TIMEOUT_MILLISECONDS: '60000' });
});
afterAll(() => Promise.all([app.close(), guarded.close()]));

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
  readonly more?: Readonly<Record<string, string>>;
}

const headOf = ({ method = 'POST', path = '/graphql', type = 'application/json', more = {} }: Sent) => {
  const headers = Object.entries({ host: 'localhost', 'content-type': type, ...more });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${lines}`;
};

function parsed(received: string): Answer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), text: rest.join('\r\n\r\n') };
}

/** Reads nothing before everything is sent, like most programs that use a socket. */
async function throughSocket(origin: string, sent: Sent, chunked: boolean, close: boolean): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const write = (data: string | Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.write(data, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${large}`;
  await write(`${headOf(sent)}${close ? 'connection: close\r\n' : ''}${framing}\r\n\r\n`);
  const piece = Buffer.alloc(100_000, ' ');
  for (let left = large; left > 0; left -= piece.length)
    await write(chunked ? Buffer.concat([Buffer.from('186a0\r\n'), piece, Buffer.from('\r\n')]) : piece);
  if (chunked) await write('0\r\n\r\n');
  let received = '';
  socket.on('data', (data: Buffer) => {
    received += data.toString();
    // A connection that is kept does not end by itself.
    if (/content-length: (\d+)/i.test(received) && received.endsWith('}')) socket.end();
  });
  await once(socket, 'close');
  return parsed(received);
}

/** fetch, as undici has it. */
async function throughFetch(origin: string, { method = 'POST', path = '/graphql', type, more }: Sent) {
  const headers = { 'content-type': type ?? 'application/json', ...more };
  const response = await fetch(`${origin}${path}`, { method, headers, body: ' '.repeat(large) });
  return { status: response.status, text: await response.text() };
}

/** node:http, sending a connection: close of its own as an agent of one request does. */
function throughNode(origin: string, { method = 'POST', path = '/graphql', type, more }: Sent) {
  return new Promise<Answer>((resolve, reject) => {
    const headers = { 'content-type': type ?? 'application/json', ...more, connection: 'close' };
    const request = open(`${origin}${path}`, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    request.on('error', reject);
    request.end(' '.repeat(large));
  });
}

const clients: Record<string, (origin: string, sent: Sent) => Promise<Answer>> = {
  'a socket that sends before it reads': (origin, sent) => throughSocket(origin, sent, false, false),
  'such a socket with chunks': (origin, sent) => throughSocket(origin, sent, true, false),
  'such a socket with one request': (origin, sent) => throughSocket(origin, sent, false, true),
  'such a socket with one request in chunks': (origin, sent) => throughSocket(origin, sent, true, true),
  fetch: throughFetch,
  'node:http': throughNode,
};

const refusals: Record<string, { status: number; code: string; sent: Sent; at?: () => TestApp }> = {
  'it is too large': { status: 413, code: 'PAYLOAD_TOO_LARGE', sent: {} },
  'nobody asks': { status: 401, code: 'UNAUTHENTICATED', sent: {}, at: () => guarded },
  'its type is wrong': { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', sent: { type: 'text/plain' } },
  'it is compressed': {
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    sent: { more: { 'content-encoding': 'gzip' } },
  },
  'the answer would not be accepted': {
    status: 406,
    code: 'NOT_ACCEPTABLE',
    sent: { more: { accept: 'image/png' } },
  },
  'nothing is there': { status: 404, code: 'NOT_FOUND', sent: { path: '/nowhere' } },
  'the method is not allowed': { status: 405, code: 'METHOD_NOT_ALLOWED', sent: { method: 'PUT' } },
};

describe.each(Object.entries(refusals))(
  'a body that is refused because %s',
  (_why, { status, code, sent, at }) => {
    test.each(Object.entries(clients))('is answered to %s', async (_name, ask) => {
      const { origin } = (at ?? (() => app))();
      const answer = await ask(origin, sent);
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(`"code":"${code}"`);
    });
  },
);

test('a GET that has a body is answered to who sends before it reads', async () => {
  for (const chunked of [false, true])
    expect((await throughSocket(app.origin, { method: 'GET' }, chunked, true)).status).toBe(400);
});

test('a host that is malformed is answered to who sends before it reads', async () => {
  const answer = await throughSocket(app.origin, { more: { host: 'a b' } }, false, false);
  expect(answer.status).toBe(400);
});

test('headers that are too long are answered to who sends before it reads', async () => {
  const { hostname, port } = new URL(app.origin);
  const socket = connect(Number(port), hostname);
  const lines = `${'x'.repeat(90)}: ${'y'.repeat(900)}\r\n`.repeat(5_000);
  socket.write(`GET /health HTTP/1.1\r\nhost: localhost\r\n${lines}\r\n`);
  await once(socket, 'drain');
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString()));
  socket.end();
  await once(socket, 'close');
  expect(parsed(received)).toMatchObject({ status: 431, text: expect.stringContaining('PAYLOAD_TOO_LARGE') });
});

describe('Expect: 100-continue', () => {
  /** What comes for the head alone, until the connection ends or `enough` has come. */
  async function answerTo(sent: Sent, length: number, enough: RegExp, then = '') {
    const { hostname, port } = new URL(app.origin);
    const socket = connect(Number(port), hostname);
    const head = headOf({ ...sent, more: { ...sent.more, expect: '100-continue' } });
    socket.write(`${head}content-length: ${length}\r\n\r\n`);
    let received = '';
    for await (const data of socket) {
      received += String(data);
      if (received.endsWith('\r\n\r\n') && then !== '' && received.startsWith('HTTP/1.1 100'))
        socket.write(then);
      if (enough.test(received)) break;
    }
    socket.destroy();
    return received;
  }

  test.each([
    ['413', {}, 30_000],
    ['413', {}, 1e12],
    ['415', { type: 'text/plain' }, 100],
    ['404', { path: '/nowhere' }, 100],
    ['405', { method: 'PUT' }, 100],
    ['406', { more: { accept: 'image/png' } }, 100],
    ['400', { more: { host: 'a/b' } }, 100],
  ])('is answered with %s, and not with 100: %j %d', async (status, sent, length) => {
    const received = await answerTo(sent, length, /never/);
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, each]) => each)).toEqual([status]);
    expect(received).toMatch(/^connection: close\r$/im);
  });

  test('is answered with 100 when the body is wanted, and then with what it asks for', async () => {
    const body = '{"query":"{ __typename }"}';
    const received = await answerTo({}, body.length, /"Query"/, body);
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, each]) => each)).toEqual(['100', '200']);
  });

  test('is all that may be expected', async () => {
    const { hostname, port } = new URL(app.origin);
    const socket = connect(Number(port), hostname);
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\nexpect: a miracle\r\nconnection: close\r\n\r\n');
    let received = '';
    for await (const data of socket) received += String(data);
    expect(parsed(received)).toMatchObject({ status: 417, text: expect.stringContaining('BAD_REQUEST') });
  });
});

/** Whether or not it was broken. */
const closed = (socket: Socket) =>
  new Promise<void>((resolve) =>
    socket.once('close', () => {
      resolve();
    }),
  );

describe('who never ends to send', () => {
  let short: TestApp;
  beforeAll(async () => {
    short = await startTestApp({ BODY_LIMIT: '20000', ARRIVAL_TIMEOUT_MILLISECONDS: '500' });
  });
  afterAll(() => short.close());

  test.each([
    ['a body that is too large', headOf({}), 413],
    ['a body for nothing', headOf({ path: '/nowhere' }), 404],
    ['a body for nothing, and closes', headOf({ path: '/nowhere', more: { connection: 'close' } }), 404],
  ])('%s is cut off, after one answer', async (_what, head, status) => {
    const { hostname, port } = new URL(short.origin);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (data: Buffer) => (received += data.toString()));
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    const sending = setInterval(() => socket.write(`7530\r\n${' '.repeat(30_000)}\r\n`), 10);
    await closed(socket);
    clearInterval(sending);
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, each]) => Number(each))).toEqual([status]);
  });

  test('is cut off when it has sent 256 MB', async () => {
    const { hostname, port } = new URL(app.origin);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.resume();
    const isClosed = closed(socket);
    socket.write(`${headOf({})}content-length: 1000000000000\r\n\r\n`);
    const piece = Buffer.alloc(1_000_000, ' ');
    // The time limit of this server is a minute, in which 256 MB are sent many times over.
    let sent = 0;
    const send = () => {
      while (!socket.destroyed && sent < 2_000) {
        sent += 1;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', send);
    send();
    await isClosed;
    expect(sent).toBeLessThan(1_000);
  });
});

test('each of them is one line of the log, with its status', () => {
  const lines = app.log.filter(({ msg }) => typeof msg === 'string' && msg.startsWith('request'));
  expect(new Set(lines.map(({ msg }) => msg))).toEqual(new Set(['request']));
  expect(new Set(lines.map(({ status }) => status))).toEqual(
    new Set([200, 400, 404, 405, 406, 413, 415, 417]),
  );
  expect(app.log.filter(({ level }) => level === 'error')).toEqual([]);
});
