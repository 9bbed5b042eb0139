import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hashOf } from '../../src/auth/authenticate.js';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { appended, createSession, fromUser } from '../support/ledger.js';
import { SessionChanges } from '../support/session-record.js';
import { beginSocket, openSocket } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { watchEvents } from '../support/watch.js';
import { watchOn } from '../support/watch-socket.js';
import { apiKey, bearer, good, hs256, now, secret } from './credentials.js';
import { noSocket, refusal, run, whoAmI } from './socket-calls.js';

const start = startsTestApps();
let app: TestApp;
let secured: TestApp;
beforeAll(async () => {
  app = await start();
  secured = await start({ AUTH_JWT_SECRET: secret, AUTH_API_KEYS: `worker:${hashOf(apiKey)}` });
});

describe('who asks over a socket', () => {
  test.each([
    ['a parameter', (headers: object) => headers],
    [
      'a parameter in capitals',
      ({ authorization }: { authorization: string }) => ({ Authorization: authorization }),
    ],
    ['headers among the parameters', (headers: object) => ({ headers })],
  ])('is said by %s', async (_how, parametersOf) => {
    for (const [credentials, viewer] of [
      [bearer(await hs256(good())), { kind: 'USER', userId: 'alice' }],
      [bearer(apiKey), { kind: 'SERVICE', userId: null }],
    ] as const) {
      const socket = await beginSocket(secured.url, parametersOf(credentials));
      expect(await run(socket, { query: whoAmI })).toMatchObject([
        { type: 'next', payload: { data: { viewer } } },
      ]);
      socket.socket.close();
    }
  });

  test('is said by the headers of the upgrade', async () => {
    const socket = await beginSocket(secured.url, {}, { headers: bearer(await hs256(good())) });
    const viewer = { kind: 'USER', userId: 'alice' };
    expect(await run(socket, { query: whoAmI })).toMatchObject([{ payload: { data: { viewer } } }]);
    socket.socket.close();
  });

  test('in development mode is said by x-user-id, and is a service otherwise', async () => {
    for (const [parameters, headers, viewer] of [
      [{ 'x-user-id': 'bob' }, {}, { kind: 'USER', userId: 'bob' }],
      [{}, { 'x-user-id': 'bob' }, { kind: 'USER', userId: 'bob' }],
      [{ 'x-user-id': 'carol' }, { 'x-user-id': 'bob' }, { kind: 'USER', userId: 'carol' }],
      [{}, {}, { kind: 'SERVICE', userId: null }],
    ] as const) {
      const socket = await beginSocket(app.url, parameters, { headers });
      expect(await run(socket, { query: whoAmI })).toMatchObject([{ payload: { data: { viewer } } }]);
      socket.socket.close();
    }
  });

  test.each([
    ['nothing', {}, 4401],
    ['a key that is not known', bearer('unknown'), 4403],
    ['no text', { authorization: 1 }, 4403],
    ['what only development mode takes', { 'x-user-id': 'alice' }, 4401],
  ])('is nobody who says %s, and the socket is closed', async (_what, parameters, code) => {
    const socket = await openSocket(secured.url);
    socket.send({ type: 'connection_init', payload: parameters });
    expect(await socket.closed).toMatchObject({ code });
    expect(await socket.next()).toBeUndefined();
  });

  test('is nobody with a token that has expired, by either way', async () => {
    const expired = bearer(await hs256(good({ exp: now() - 60 })));
    await expect(beginSocket(secured.url, expired)).rejects.toMatchObject({
      code: 4403,
      reason: 'The token has expired.',
    });
    expect(await noSocket(openSocket(secured.url, { headers: expired }))).toMatchObject({
      status: 401,
      codes: ['UNAUTHENTICATED'],
    });
  });

  test('must be said before anything is asked, and once', async () => {
    const early = await openSocket(secured.url);
    early.send({ id: '1', type: 'subscribe', payload: { query: whoAmI } });
    expect(await early.closed).toMatchObject({ code: 4401 });
    const twice = await beginSocket(app.url, {});
    twice.send({ type: 'connection_init' });
    expect(await twice.closed).toMatchObject({ code: 4429 });
  });

  test('must be said in time', async () => {
    const { url } = await start({ ARRIVAL_TIMEOUT_MILLISECONDS: '100' });
    const socket = await openSocket(url);
    expect(await socket.closed).toMatchObject({ code: 4408 });
  });

  test('is asked again when the token has expired: streams end with an error, then the socket is closed', async () => {
    // 5 s are granted to clocks that differ.
    const short = bearer(await hs256(good({ exp: now() - 3 })));
    const { id } = await createSession(secured.withHeaders(bearer(await hs256(good()))));
    const socket = await beginSocket(secured.url, short);
    const stream = watchOn(socket, SessionChanges, { sessionId: id });
    await stream.nextData();
    const last = await stream.next();
    expect(codesOf(last?.errors ?? [])).toEqual(['UNAUTHENTICATED']);
    expect(await stream.next()).toBeUndefined();
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The token has expired.' });
  });
});

describe('what is sent over a socket', () => {
  test.each([
    ['no JSON', 'x', 4400],
    ['JSON that is no object', '[]', 4400],
    ['no type', '{}', 4400],
    ['a type that is not known', { type: 'start', id: '1', payload: { query: whoAmI } }, 4400],
    ['a subscription without a payload', { type: 'subscribe', id: '1' }, 4400],
    ['a query that is no text', { type: 'subscribe', id: '1', payload: { query: 1 } }, 4400],
    [
      'variables that are no object',
      { type: 'subscribe', id: '1', payload: { query: whoAmI, variables: [] } },
      4400,
    ],
    ['bytes', Buffer.from(JSON.stringify({ type: 'ping' })), 4400],
  ])('closes it when it is %s', async (_what, message, code) => {
    const socket = await beginSocket(app.url, {});
    socket.send(message);
    expect(await socket.closed).toMatchObject({ code });
  });

  test.each([['ff'], ['e9'], ['c080'], ['eda080']])('closes it when it is not UTF-8: %s', async (bytes) => {
    const { socket, closed } = await beginSocket(app.url, {});
    socket.send(
      Buffer.concat([
        Buffer.from('{"type":"ping","payload":{"a":"'),
        Buffer.from(bytes, 'hex'),
        Buffer.from('"}}'),
      ]),
      {
        binary: false,
      },
    );
    expect(await closed).toMatchObject({ code: 1007 });
  });

  test('closes it when it is larger than a body may be, before it is there', async () => {
    const small = await start({ BODY_LIMIT: '1000' });
    const { socket, closed } = await beginSocket(small.url, {});
    // The head of a frame that says how much is to come.
    (Reflect.get(socket, '_socket') as Socket).write(Buffer.from([0x81, 0xfe, 0x03, 0xe9, 0, 0, 0, 0]));
    expect(await closed).toMatchObject({ code: 1009 });
    const whole = await beginSocket(small.url, {});
    expect(await run(whole, { query: `{ viewer { kind } } ${' '.repeat(800)}` })).toMatchObject([
      { type: 'next' },
    ]);
    whole.send({ type: 'ping', payload: { text: 'x'.repeat(1_000) } });
    expect(await whole.closed).toMatchObject({ code: 1009 });
  });

  test('is refused with the codes that HTTP has, and the socket goes on', async () => {
    const limited = await start({ DEPTH_LIMIT: '3', COST_LIMIT: '100' });
    const socket = await beginSocket(limited.url, { 'x-user-id': newUser() });
    for (const [payload, code] of [
      [{ query: '{' }, 'GRAPHQL_PARSE_FAILED'],
      [{ query: '' }, 'GRAPHQL_PARSE_FAILED'],
      [{ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }, 'PERSISTED_QUERY_NOT_SUPPORTED'],
      [{ query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [{ query: 'subscription { nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [{ query: 'query A { __typename } query B { __typename }' }, 'BAD_USER_INPUT'],
      [{ query: whoAmI, operationName: 'B' }, 'BAD_USER_INPUT'],
      [{ query: '{ chatSessions { nodes { messages { nodes { id } } } } }' }, 'QUERY_TOO_COMPLEX'],
    ] as const) {
      const over = await refusal(socket, payload);
      const { errors } = await limited.as(newUser()).post(payload);
      expect(codesOf([over])).toEqual([code]);
      expect([over.message, over.locations]).toEqual([errors[0]?.message, errors[0]?.locations]);
    }
    const [costly] = await run(socket, { query: '{ chatSessions(first: 1000) { nodes { id } } }' });
    const { errors } = costly?.payload as { errors: ReceivedError[] };
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
    expect(await run(socket, { query: whoAmI })).toMatchObject([{ type: 'next' }]);
    socket.socket.close();
  });

  test('is answered as over HTTP: queries and mutations, with errors in their places', async () => {
    const user = newUser();
    const socket = await beginSocket(app.url, { 'x-user-id': user });
    const { id } = await createSession(app.as(user));
    await appended(app.as(user), id, fromUser('a question'));
    const query = `query ($id: ID!) { chatSession(id: $id) { messages { nodes { content sequence } } } other: chatSession(id: "x") { id } }`;
    const [answer] = await run(socket, { query, variables: { id }, extensions: { cost: true } });
    const { data, errors } = await app.as(user).post({ query, variables: { id } });
    expect(answer?.payload).toMatchObject({ data, extensions: { cost: expect.any(Number) } });
    const over = (answer?.payload as { errors: ReceivedError[] }).errors;
    expect(codesOf(over)).toEqual(codesOf(errors));
    expect(over.map(({ path, message }) => ({ path, message }))).toEqual(
      errors.map(({ path, message }) => ({ path, message })),
    );
    const mutation = `mutation ($id: ID!) { deleteChatSession(input: { id: $id }) { __typename } }`;
    expect(await run(socket, { query: mutation, variables: { id } })).toMatchObject([
      { payload: { data: { deleteChatSession: { __typename: 'DeleteChatSessionSuccess' } } } },
    ]);
    socket.socket.close();
  });

  test('has a line in the log for each operation, and one for the socket', async () => {
    const requestId = randomUUID();
    const socket = await beginSocket(app.url, {}, { headers: { 'x-request-id': requestId } });
    await run(socket, { query: whoAmI });
    const { extensions } = await refusal(socket, { query: '{ nothing }' });
    socket.socket.close();
    await until(() => app.log.some((line) => line['requestId'] === requestId));
    const lines = app.log.filter((line) => line['socket'] === requestId);
    expect(lines).toMatchObject([
      { msg: 'request', viewer: 'service' },
      { msg: 'request', requestId: extensions.requestId, codes: ['GRAPHQL_VALIDATION_FAILED'] },
    ]);
    expect(app.log.find((line) => line['requestId'] === requestId)).toMatchObject({
      msg: 'socket closed',
      operations: 2,
      viewer: 'service',
      path: '/graphql',
    });
  });
});

describe('a socket is bounded', () => {
  test('in its operations, whose ids may come again when they are over', async () => {
    const few = await start({ SOCKET_OPERATION_LIMIT: '2', LIVE_LIMIT: '100' });
    const user = newUser();
    const { id } = await createSession(few.as(user));
    const socket = await beginSocket(few.url, { 'x-user-id': user });
    const payload = { query: SessionChanges.toString(), variables: { sessionId: id } };
    for (const each of ['a', 'b']) {
      socket.send({ id: each, type: 'subscribe', payload });
      expect(await socket.next()).toMatchObject({ id: each, type: 'next' });
    }
    const refused = await refusal(socket, { query: whoAmI });
    expect(refused.extensions).toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfter: 1 });
    socket.send({ id: 'a', type: 'complete' });
    await until(async () => (await run(socket, { query: whoAmI }))[0]?.type === 'next');
    expect(await run(socket, { query: whoAmI }, 'a')).toMatchObject([{ type: 'next' }]);
    socket.send({ id: 'b', type: 'subscribe', payload });
    expect(await socket.closed).toMatchObject({ code: 4409 });
  });

  test('in the length of an id', async () => {
    const socket = await beginSocket(app.url, {});
    const [answer] = await run(socket, { query: whoAmI }, 'x'.repeat(201));
    expect(codesOf(answer?.payload as ReceivedError[])).toEqual(['BAD_REQUEST']);
    socket.socket.close();
  });

  test('by the streams that its viewer may have, over sockets and HTTP together', async () => {
    const few = await start({ LIVE_LIMIT: '2' });
    const user = newUser();
    const { id } = await createSession(few.as(user));
    const payload = { query: SessionChanges.toString(), variables: { sessionId: id } };
    const events = await watchEvents(few.url, { 'x-user-id': user }, SessionChanges, { sessionId: id });
    await events.nextData();
    const socket = await beginSocket(few.url, { 'x-user-id': user });
    socket.send({ id: 'a', type: 'subscribe', payload });
    expect(await socket.next()).toMatchObject({ id: 'a', type: 'next' });
    const [answer] = await run(socket, payload);
    const { errors } = answer?.payload as { errors: ReceivedError[] };
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 5 });
    const refused = await few.as(user).post(payload, { accept: 'text/event-stream' });
    expect(codesOf(refused.errors)).toEqual(['RATE_LIMITED']);
    events.stop();
    socket.socket.close();
  });

  test('by the rate of its viewer', async () => {
    // What was spent is not there again for an hour.
    const slow = await start({ RATE_LIMIT: '1', RATE_BURST: '2000', COST_LIMIT: '2000' });
    const user = newUser();
    const socket = await beginSocket(slow.url, { 'x-user-id': user });
    const costly = { query: '{ chatSessions(first: 800) { nodes { id } } }' };
    expect(await run(socket, costly)).toMatchObject([{ payload: { data: {} } }]);
    expect((await slow.as(user).post(costly)).errors).toEqual([]);
    const [answer] = await run(socket, costly);
    const { errors } = answer?.payload as {
      errors: (ReceivedError & { extensions: { retryAfter: number } })[];
    };
    expect(errors[0]?.extensions.code).toBe('RATE_LIMITED');
    expect(errors[0]?.extensions.retryAfter).toBeGreaterThan(0);
    socket.socket.close();
  });

  test('in number for a viewer', async () => {
    const few = await start({ LIVE_LIMIT: '2' });
    const user = { 'x-user-id': newUser() };
    const open = [await beginSocket(few.url, user), await beginSocket(few.url, user)];
    await expect(beginSocket(few.url, user)).rejects.toMatchObject({ code: 1013 });
    for (const { socket } of [...open, await beginSocket(few.url, { 'x-user-id': newUser() })])
      socket.close();
    await until(() =>
      beginSocket(few.url, user).then(
        ({ socket }) => {
          socket.close();
          return true;
        },
        () => false,
      ),
    );
  });

  test('by what its client leaves: streams end with it, also under an id that was used twice', async () => {
    const few = await start({ LIVE_LIMIT: '3' });
    const user = newUser();
    const { id } = await createSession(few.as(user));
    for (let round = 0; round < 5; round += 1) {
      const socket = await beginSocket(few.url, { 'x-user-id': user });
      const stream = { query: SessionChanges.toString(), variables: { sessionId: id } };
      socket.send({ id: 'a', type: 'subscribe', payload: { query: whoAmI } });
      socket.send({ id: 'a', type: 'complete' });
      socket.send({ id: 'a', type: 'subscribe', payload: stream });
      for (let message = await socket.next(); message; message = await socket.next())
        if (JSON.stringify(message).includes('ChatSessionCaughtUp')) break;
      socket.socket.terminate();
    }
    // Had they stayed, no more could begin.
    const late = await beginSocket(few.url, { 'x-user-id': user });
    await until(async () => {
      late.send({
        id: randomUUID(),
        type: 'subscribe',
        payload: { query: SessionChanges.toString(), variables: { sessionId: id } },
      });
      return JSON.stringify(await late.next()).includes('ChatSessionCaughtUp');
    });
    late.socket.close();
  });
});

test('documents that the operator does not trust are refused, and others may be named by their id', async () => {
  // Written by the build of the SDK.
  const trusted = await start({ TRUSTED_DOCUMENTS: 'dist/client/trusted-documents.json' });
  const { default: documents } = (await import('../../dist/client/trusted-documents.json', {
    with: { type: 'json' },
  })) as {
    default: Record<string, string>;
  };
  const [documentId] =
    Object.entries(documents).find(([, document]) => document.includes('query Viewer')) ?? [];
  const socket = await beginSocket(trusted.url, {});
  expect(codesOf([await refusal(socket, { query: whoAmI })])).toEqual(['FORBIDDEN']);
  for (const payload of [
    { documentId },
    { query: '', documentId },
    { extensions: { persistedQuery: { version: 1, sha256Hash: documentId } } },
  ])
    expect(await run(socket, payload)).toMatchObject([{ type: 'next', payload: { data: { viewer: {} } } }]);
  socket.socket.close();
});
