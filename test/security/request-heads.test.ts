import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/test-app.js';

const app = useTestApp();

/** All that comes back until the server closes the connection. @param end whether to say that nothing follows */
async function exchange(sent: string, end = false): Promise<string> {
  const { hostname, port } = new URL(app.origin);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(sent, 'latin1');
  if (end) socket.end();
  const received = await text(socket).catch(() => '');
  socket.destroy();
  return received;
}

const statuses = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

const body = '{"query":"{ __typename }"}';
const post = (target: string, host = 'localhost') =>
  `POST ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const get = (target: string, lines = 'host: localhost\r\n', version = '1.1') =>
  `GET ${target} HTTP/${version}\r\n${lines}connection: close\r\n\r\n`;

describe('a target that names its host', () => {
  test.each([
    ['http://localhost/health', '{"status":"alive"}'],
    ['HTTP://LOCALHOST/health', '{"status":"alive"}'],
    ['https://localhost:443/health?from=probe', '{"status":"alive"}'],
    ['http://127.0.0.1:4000/ready', '"status":"ready"'],
    ['http://[::1]:4000/graphql?query=%7B__typename%7D', '{"data":{"__typename":"Query"}}'],
    ['http://localhost?query=x', 'There is nothing here.'],
    ['http://localhost', 'There is nothing here.'],
    ['http://localhost//graphql', 'There is nothing here.'],
    ['ftp://localhost/health', 'There is nothing here.'],
  ])('leads where its path does: %s', async (target, answer) => {
    expect(await exchange(get(target))).toContain(answer);
  });

  test('takes a document', async () => {
    expect(await exchange(post('http://localhost/graphql'))).toContain('{"data":{"__typename":"Query"}}');
  });

  test('leads to the page and to what it needs', async () => {
    const html = 'host: localhost\r\naccept: text/html\r\n';
    const page = await exchange(get('http://localhost/graphql', html));
    expect(page).toContain('GraphiQL needs JavaScript.');
    const script = /<script defer src="([^"]+)">/.exec(page)?.[1] ?? '';
    const asset = await exchange(get(`http://localhost/${script}`));
    expect(statuses(asset)).toEqual([200]);
    expect(asset).toMatch(/^cache-control: public, max-age=31536000, immutable\r$/im);
  });

  test('says which host it is, whatever the header says', async () => {
    // In development mode only the names of this machine are answered.
    expect(statuses(await exchange(post('http://evil.example.com/graphql', 'localhost')))).toEqual([401]);
    expect(statuses(await exchange(post('http://localhost/graphql', 'evil.example.com')))).toEqual([200]);
  });

  test('is the path in the log, without a name or a password', async () => {
    expect(statuses(await exchange(get('http://user:MARKER@localhost/health')))).toEqual([400]);
    expect(JSON.stringify(app.log)).not.toContain('MARKER');
  });
});

describe('a host', () => {
  const refused: Record<string, string> = {
    'that is missing': '',
    'that is empty': 'host:\r\n',
    'that is there twice': 'host: localhost\r\nhost: localhost\r\n',
    'that is there twice, and different': 'host: localhost\r\nHost: evil.example.com\r\n',
    'with a blank': 'host: local host\r\n',
    'with a slash': 'host: localhost/x\r\n',
    'with a question': 'host: localhost?x\r\n',
    'with a fragment': 'host: localhost#x\r\n',
    'with a backslash': 'host: localhost\\x\r\n',
    'with a user': 'host: user@localhost\r\n',
    'with a scheme': 'host: http://localhost\r\n',
    'with a list': 'host: localhost, localhost\r\n',
    'with a port that is no number': 'host: localhost:x\r\n',
    'with a port that is too large': 'host: localhost:65536\r\n',
    'with a negative port': 'host: localhost:-1\r\n',
    'with two ports': 'host: localhost:1:2\r\n',
    'that is half an address': 'host: [::1\r\n',
    'that is an address without its brackets': 'host: ::1\r\n',
    'that is no address': 'host: 1.2.3.4.5.6.7\r\n',
    'that is no address of IPv6': 'host: [x]\r\n',
    'with percent signs': 'host: local%68ost\r\n',
    'that is quoted': 'host: "localhost"\r\n',
    'with markup': 'host: <script>\r\n',
    'with a letter that is not ASCII': 'host: l\u00f6calhost\r\n',
    'with a control character': 'host: local\u0001host\r\n',
    'with a tab': 'host: local\thost\r\n',
  };
  const paths = [
    '/health',
    '/ready',
    '/graphql?query=%7B__typename%7D',
    '/nowhere',
    'http://localhost/health',
  ];

  test.each(Object.entries(refused))('%s is a bad request', async (_how, lines) => {
    for (const path of paths) {
      const answer = await exchange(get(path, lines));
      expect(statuses(answer)).toEqual([400]);
      expect(answer).toContain('"code":"BAD_REQUEST"');
    }
  });

  test.each([
    ['localhost'],
    ['LOCALHOST:4000'],
    ['localhost:'],
    ['127.0.0.1:65535'],
    ['[::1]'],
    ['[::1]:80'],
    ['chat-ledger.svc.cluster.local'],
    ['my_container:4000'],
    ['xn--bcher-kva.example'],
    ['example.com.'],
  ])('%s is taken', async (host) => {
    expect(statuses(await exchange(get('/health', `host: ${host}\r\n`)))).toEqual([200]);
  });

  test('may be missing from a request of HTTP/1.0, and not be malformed there', async () => {
    expect(statuses(await exchange(get('/health', '', '1.0')))).toEqual([200]);
    expect(statuses(await exchange(get('/health', 'host: a b\r\n', '1.0')))).toEqual([400]);
  });
});

describe('every answer', () => {
  const answers: Record<string, [status: number, sent: string]> = {
    'that says it is alive': [200, get('/health')],
    'that says it is ready': [200, get('/ready')],
    'to a question': [200, get('/graphql?query=%7B__typename%7D')],
    'to a question with no sense': [200, get('/graphql?query=%7Bx%7D')],
    'to a question that is missing': [400, get('/graphql')],
    'to a mutation': [405, get('/graphql?query=mutation%7B__typename%7D')],
    'to nothing': [404, get('/nowhere')],
    'to an asset that is not there': [404, get('/graphql/assets/x.js')],
    'to a bad host': [400, get('/health', 'host: a b\r\n')],
    'to what is no HTTP': [400, 'GARBAGE\r\n\r\n'],
    'to headers that are too long': [431, get('/health', `host: localhost\r\nx: ${'x'.repeat(20_000)}\r\n`)],
    'to a type that is not to be had': [406, get('/graphql', 'host: localhost\r\naccept: image/png\r\n')],
    'to a caller that nobody knows': [
      401,
      get('/graphql?query=%7B__typename%7D', 'host: evil.example.com\r\n'),
    ],
  };

  test.each(Object.entries(answers))('%s is not kept or guessed about', async (_which, [status, sent]) => {
    const answer = await exchange(sent);
    expect(statuses(answer)).toEqual([status]);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(answer).toMatch(/^cache-control: private, no-store\r$/im);
  });

  test('with the page is asked for again each time, and not guessed about', async () => {
    const answer = await exchange(get('/graphql', 'host: localhost\r\naccept: text/html\r\n'));
    expect(statuses(answer)).toEqual([200]);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(answer).toMatch(/^cache-control: private, no-cache\r$/im);
  });

  test('to a POST is not guessed about', async () => {
    for (const [sent, status] of [
      [post('/graphql'), 200],
      [post('/graphql').replace('__typename', 'notAField1'), 200],
      [post('/graphql').replace('application/json', 'text/plain'), 415],
      [post('/graphql').replace('POST', 'PUT'), 405],
      [post('/nowhere'), 404],
    ] as const) {
      const answer = await exchange(sent);
      expect(statuses(answer)).toEqual([status]);
      expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    }
  });
});

test('heads with wrong bytes in them are answered or closed, and are no fault of the server', async () => {
  const heads = [get('/health'), get('http://localhost/graphql?query=%7B__typename%7D'), post('/graphql')];
  const seen = new Map<number, number>();
  for (let n = 0; n < 400; n += 1) {
    const bytes = Buffer.from(heads[n % heads.length] ?? '', 'latin1');
    for (let times = randomInt(1, 4); times > 0; times -= 1) bytes[randomInt(bytes.length)] = randomInt(256);
    const sent = bytes.toString('latin1');
    const answer = await exchange(sent, true);
    for (const status of statuses(answer)) {
      expect({ sent, status: Math.floor(status / 100) }).not.toEqual({ sent, status: 5 });
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    if (answer !== '') expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
  }
  // Of both kinds, so that something was tried.
  for (const status of [200, 400]) expect(seen.get(status) ?? 0).toBeGreaterThan(10);
  expect(app.log.filter(({ level }) => level === 'error')).toEqual([]);
  expect(statuses(await exchange(get('/health')))).toEqual([200]);
});
