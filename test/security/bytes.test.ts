import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { readTrustedDocuments } from '../../src/http/trusted-documents.js';
import { badBytes, hole, percentEncoded, withBytes } from '../support/bad-bytes.js';
import { createSession, readMessages, readSession } from '../support/ledger.js';
import { send, type RawAnswer } from '../support/raw-http.js';
import { beginSocket, openSocket } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { bearer, good, secret } from './credentials.js';

// Bytes that are not UTF-8 are refused, wherever they come in: never taken for U+FFFD.

const start = startsTestApps();
let app: TestApp;
const owner = newUser();
let sessionId: string;
beforeAll(async () => {
  app = await start();
  ({ id: sessionId } = await createSession(app.as(owner), { title: 'kept' }));
});

const sequences = Object.entries(badBytes);
const json = { 'content-type': 'application/json', 'x-user-id': owner };

const post = (body: string | Buffer, options: { chunked?: boolean } = {}) =>
  send(app.origin, '/graphql', { method: 'POST', headers: json, body, ...options });

function refusal({ status, text }: RawAnswer): object {
  const { errors } = JSON.parse(text) as { errors: { message: string; extensions: { code: string } }[] };
  return { status, codes: errors.map(({ extensions }) => extensions.code), says: errors[0]?.message };
}

async function stored(): Promise<unknown> {
  const { rows } = await app.database.sql.query(
    `SELECT (SELECT json_agg(s ORDER BY id) FROM "ChatSession" s)::text AS sessions,
            (SELECT json_agg(m ORDER BY id) FROM "ChatMessage" m)::text AS messages`,
  );
  return rows;
}

describe('in a body', () => {
  const append =
    'mutation ($input: AppendChatMessageInput!) { appendChatMessage(input: $input) { __typename } }';
  const create =
    'mutation ($input: CreateChatSessionInput!) { createChatSession(input: $input) { __typename } }';
  const message = (fields: object) => ({
    query: append,
    variables: { input: { sessionId, message: { role: 'USER', ...fields } } },
  });
  const session = (fields: object) => ({ query: create, variables: { input: fields } });

  /** Bodies that would be carried out, but for the bytes in their holes. */
  const places: Record<string, () => string> = {
    'the content of a message': () => JSON.stringify(message({ content: `caf${hole}` })),
    'the name of a message': () => JSON.stringify(message({ name: hole })),
    'a tool call id': () => JSON.stringify(message({ role: 'TOOL', toolCallId: `call ${hole}` })),
    'a value of a tool call': () => JSON.stringify(message({ toolCalls: [{ a: [hole] }] })),
    'a key of a function call': () => JSON.stringify(message({ functionCall: { [hole]: 1 } })),
    'a title': () => JSON.stringify(session({ title: `a ${hole} b` })),
    'a key of credentials': () => JSON.stringify(session({ credentials: { [hole]: 'x' } })),
    'a map of agents': () => JSON.stringify(session({ successfulAgentRuns: { a: hole } })),
    'a text in the document': () =>
      JSON.stringify({
        query: `mutation { createChatSession(input: { title: "${hole}" }) { __typename } }`,
      }),
    'a block of text in the document': () =>
      JSON.stringify({
        query: `mutation { createChatSession(input: { title: """${hole}""" }) { __typename } }`,
      }),
    'a comment of the document': () =>
      JSON.stringify({ query: `# ${hole}\nmutation { createChatSession(input: {}) { __typename } }` }),
    'a property that nobody knows': () => JSON.stringify({ ...session({}), extensions: { note: hole } }),
    'the very end': () => `${JSON.stringify(session({}))}${hole}`,
    'the very beginning': () => `${hole}${JSON.stringify(session({}))}`,
  };

  for (const [place, body] of Object.entries(places)) {
    test.each(sequences)(`${place}: %s`, async (_what, bytes) => {
      const before = await stored();
      for (const chunked of [false, true]) {
        expect(refusal(await post(withBytes(body(), bytes), { chunked }))).toEqual({
          status: 400,
          codes: ['BAD_REQUEST'],
          says: 'The body must be UTF-8.',
        });
      }
      expect(await stored()).toEqual(before);
    });
  }

  test('characters of all lengths are taken, wherever the body is cut into chunks', async () => {
    const content = `${'é漢😀\ufffd'.repeat(9_000)}\u{10ffff}`;
    const id = randomUUID();
    const { status } = await post(JSON.stringify(message({ id, content })), { chunked: true });
    expect(status).toBe(200);
    const messages = await readMessages(app.as(owner), sessionId);
    expect(messages.find((each) => each.id === id)?.content).toBe(content);
  });

  test('a byte order mark in front of it is passed over, and is kept in a text', async () => {
    const id = randomUUID();
    const body = JSON.stringify(session({ id, title: '\ufefftitle' }));
    const { status } = await post(`\ufeff${body}`);
    expect(status).toBe(200);
    expect((await readSession(app.as(owner), id)).title).toBe('\ufefftitle');
    expect(refusal(await post(`\ufeff\ufeff${body}`))).toMatchObject({ status: 400, codes: ['BAD_REQUEST'] });
  });

  test.each([
    ['UTF-16 with a mark', Buffer.from('\ufeff{"query":"{ viewer { kind } }"}', 'utf16le')],
    ['UTF-16 without one', Buffer.from('{"query":"{ viewer { kind } }"}', 'utf16le')],
    ['nothing', Buffer.alloc(0)],
    ['a byte order mark alone', Buffer.from('\ufeff')],
  ])('%s is BAD_REQUEST', async (_what, body) => {
    expect(refusal(await post(body))).toMatchObject({ status: 400, codes: ['BAD_REQUEST'] });
  });
});

describe('in the address of a GET', () => {
  const get = (query: string) => send(app.origin, `/graphql?${query}`, { headers: { 'x-user-id': owner } });
  const viewer = encodeURIComponent('{ viewer { userId } }');
  const places: Record<string, (bytes: string) => string> = {
    'a text in the query': (bytes) => `query=%7B%20node(id:%22${bytes}%22)%20%7B%20id%20%7D%20%7D`,
    'a comment of the query': (bytes) => `query=${viewer}%23${bytes}`,
    'the variables': (bytes) => `query=${viewer}&variables=%7B%22a%22:%22${bytes}%22%7D`,
    'the name of the operation': (bytes) => `query=${viewer}&operationName=${bytes}`,
    'the name of a parameter': (bytes) => `query=${viewer}&${bytes}=1`,
    'the end': (bytes) => `query=${viewer}${bytes}`,
  };
  const expected = {
    status: 400,
    codes: ['BAD_REQUEST'],
    says: 'The address must be percent-encoded UTF-8.',
  };

  for (const [place, query] of Object.entries(places)) {
    test.each(sequences)(`${place}: %s`, async (_what, bytes) => {
      const encoded = percentEncoded(bytes);
      expect(refusal(await get(query(encoded)))).toEqual(expected);
      expect(refusal(await get(query(encoded.toUpperCase())))).toEqual(expected);
    });
  }

  test.each([
    ['UTF-8', Buffer.from('é')],
    ['latin1', Buffer.from('é', 'latin1')],
  ])('bytes that are not encoded: %s', async (_what, bytes) => {
    const answer = await get(`query=${viewer}%23${bytes.toString('latin1')}`);
    expect(refusal(answer)).toMatchObject({ status: 400, codes: ['BAD_REQUEST'] });
  });

  test('characters of all lengths are taken, in whatever letters their bytes are written', async () => {
    const id = encodeURIComponent(JSON.stringify({ a: 'é漢😀' }));
    for (const variables of [id, id.toLowerCase()]) {
      const answer = await get(`query=${viewer}&variables=${variables}&operationName=`);
      expect(answer.text).toContain(owner);
    }
  });
});

describe('in a header', () => {
  const whoAmI = (headers: Record<string, string>) =>
    send(app.origin, `/graphql?query=${encodeURIComponent('{ viewer { kind userId } }')}`, { headers });

  test.each(sequences)('x-user-id: %s', async (_what, bytes) => {
    const answer = await whoAmI({ 'x-user-id': `a${bytes.toString('latin1')}b` });
    expect(refusal(answer)).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
  });

  test('x-user-id is UTF-8: the same user as in a token or an input', async () => {
    const userId = 'José 漢😀\ufffd';
    const answer = await whoAmI({ 'x-user-id': Buffer.from(userId).toString('latin1') });
    expect(JSON.parse(answer.text)).toEqual({ data: { viewer: { kind: 'USER', userId } } });
    const mark = '\ufeffmarked';
    const marked = await whoAmI({ 'x-user-id': Buffer.from(mark).toString('latin1') });
    expect(JSON.parse(marked.text)).toEqual({ data: { viewer: { kind: 'USER', userId: mark } } });
  });

  test.each(sequences)('accept, content-type, host: %s', async (_what, bytes) => {
    const text = bytes.toString('latin1');
    expect(refusal(await whoAmI({ 'x-user-id': owner, accept: `image/${text}` }))).toMatchObject({
      status: 406,
      codes: ['NOT_ACCEPTABLE'],
    });
    const headers = { ...json, 'content-type': `application/json; charset=${text}` };
    expect(
      refusal(await send(app.origin, '/graphql', { method: 'POST', headers, body: '{}' })),
    ).toMatchObject({ status: 415, codes: ['UNSUPPORTED_MEDIA_TYPE'] });
    const answer = await whoAmI({ 'x-user-id': owner, host: `a${text}` });
    expect([400, 401]).toContain(answer.status);
  });

  describe('authorization', () => {
    let guarded: TestApp;
    const key = 'clk_ä';
    beforeAll(async () => {
      guarded = await start({ AUTH_JWT_SECRET: secret, AUTH_API_KEYS: `worker:${'0'.repeat(64)}` });
    });
    const ask = (authorization: string) =>
      send(guarded.origin, `/graphql?query=${encodeURIComponent('{ viewer { userId } }')}`, {
        headers: { authorization },
      });

    test.each(sequences)('%s', async (_what, bytes) => {
      const answer = await ask(`Bearer ${key.slice(0, 4)}${bytes.toString('latin1')}`);
      expect(refusal(answer)).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    });

    /** A token that holds, of these bytes. */
    function signed(payload: Buffer): string {
      const head = Buffer.from('{"alg":"HS256"}').toString('base64url');
      const signedPart = `${head}.${payload.toString('base64url')}`;
      return `${signedPart}.${createHmac('sha256', secret).update(signedPart).digest('base64url')}`;
    }

    test.each(sequences)('in the subject of a token that holds: %s', async (_what, bytes) => {
      const payload = JSON.stringify({ ...good(), sub: `a${hole}` });
      const whole = await ask(bearer(signed(withBytes(payload, Buffer.from('é')))).authorization);
      expect(JSON.parse(whole.text)).toEqual({ data: { viewer: { userId: 'aé' } } });
      const answer = await ask(bearer(signed(withBytes(payload, bytes))).authorization);
      expect(refusal(answer)).toEqual({
        status: 401,
        codes: ['UNAUTHENTICATED'],
        says: 'The token does not hold.',
      });
    });
  });
});

describe('in the parameters of a WebSocket', () => {
  const Viewer = '{ viewer { userId } }';

  test.each(['alice', 'José', 'Łukasz', '漢😀', '\ufeffmarked\u00a0', 'Ã©', '\ufffd'])(
    'x-user-id is the user that a header in UTF-8 says: %j',
    async (userId) => {
      const ours = await beginSocket(app.url, { 'x-user-id': ` ${userId}\t` });
      ours.send({ type: 'subscribe', id: '1', payload: { query: Viewer } });
      expect(await ours.next()).toMatchObject({ payload: { data: { viewer: { userId } } } });
      ours.socket.close();
    },
  );

  test.each(['\ud800', 'a\udc00', '\0', 'x'.repeat(501)])(
    'is none that can not be one: %j',
    async (userId) => {
      await expect(beginSocket(app.url, { 'x-user-id': userId })).rejects.toMatchObject({ code: 4403 });
    },
  );

  test.each(sequences)('bytes in a frame close it: %s', async (_what, bytes) => {
    const { socket, closed } = await openSocket(app.url);
    const init = JSON.stringify({ type: 'connection_init', payload: { 'x-user-id': hole } });
    socket.send(withBytes(init, bytes), { binary: false });
    expect(await closed).toMatchObject({ code: 1007 });
  });
});

describe('in a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bytes-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fileWith(bytes: Buffer): Promise<string> {
    const file = path.join(folder, randomUUID());
    await writeFile(file, bytes);
    return file;
  }
  const documents = JSON.stringify({ one: `{ viewer { userId } } # ${hole}` });
  const keys = `a:${'A'.repeat(43)}=\n${hole}`;

  test.each(sequences)('of trusted documents, or of keys: %s', async (_what, bytes) => {
    const manifest = await fileWith(withBytes(documents, bytes));
    await expect(readTrustedDocuments(manifest)).rejects.toThrow(
      `The trusted documents can't be read from ${manifest}: Error: it is not UTF-8`,
    );
    const CREDENTIALS_KEYS_FILE = await fileWith(withBytes(keys, bytes));
    expect(() => readConfig({ CREDENTIALS_KEYS_FILE })).toThrow(
      'CREDENTIALS_KEYS_FILE names a file that is not UTF-8',
    );
  });

  test('a byte order mark in front of them is passed over', async () => {
    const manifest = await fileWith(Buffer.from(`\ufeff${documents}`));
    const trusted = await readTrustedDocuments(manifest);
    expect(trusted.find({ documentId: 'one' })).toBe(`{ viewer { userId } } # ${hole}`);
    const CREDENTIALS_KEYS_FILE = await fileWith(Buffer.from(`\ufeff${keys.replace(hole, '')}`));
    expect(readConfig({ CREDENTIALS_KEYS_FILE }).credentialsKeys.map(({ id }) => id)).toEqual(['a']);
  });
});
