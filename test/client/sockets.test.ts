import { createServer, request as open, type Server } from 'node:http';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import type { SocketMessage } from '../support/socket.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { bearer, good, hs256, now, secret } from '../security/credentials.js';

const start = startsTestApps();
const retry = { minDelay: 1, maxDelay: 2 };

let app: TestApp;
beforeAll(async () => {
  app = await start();
});

/** A class of WebSocket that remembers each one that is made. */
function countedSockets() {
  const made: WebSocket[] = [];
  class CountedSocket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  return { made, webSocket: CountedSocket };
}

const caughtUp = { value: { __typename: 'ChatSessionCaughtUp' } };

describe('one socket', () => {
  test('carries all streams of a client, and is closed some time after the last', async () => {
    const { made, webSocket } = countedSockets();
    const ledger = app.ledgerOf(newUser(), { webSocket });
    const sessions = await Promise.all([1, 2, 3].map(() => ledger.sessions.create({})));
    const streams = [
      ...sessions.map(({ chatSession }) => ledger.sessions.watch(chatSession.id)),
      ledger.sessions.watchList(),
    ];
    for (const stream of streams) await stream.next();
    const nexts = streams.map((stream) => stream.next());
    for (const { chatSession } of sessions)
      await ledger.messages.append({
        sessionId: chatSession.id,
        message: { role: 'USER', content: 'hello' },
      });
    for (const next of await Promise.all(nexts.slice(0, 3)))
      expect(next).toMatchObject({ value: { chatMessages: [{ content: 'hello' }] } });
    expect(await nexts[3]).toMatchObject({ value: { __typename: 'UserChatSessionMoved' } });
    expect(made).toHaveLength(1);

    const [first, ...others] = streams;
    await first?.return();
    expect(made[0]?.readyState).toBe(WebSocket.OPEN);
    await Promise.all(others.map((stream) => stream.return()));
    const again = ledger.sessions.watchList();
    await again.next();
    expect(made).toHaveLength(1);
    await again.return();
    if (made[0]) await once(made[0], 'close');
    expect(made[0]?.readyState).toBe(WebSocket.CLOSED);
  });

  test('is opened anew, with new headers, when the token of the one that is open has expired', async () => {
    const secured = await start({ AUTH_JWT_SECRET: secret });
    const owner = secured.ledgerOf(undefined, { headers: bearer(await hs256(good())) });
    const { id } = (await owner.sessions.create({})).chatSession;
    // 5 s are granted to clocks that differ.
    const tokens = [await hs256(good({ exp: now() - 2 })), await hs256(good())];
    const { made, webSocket } = countedSockets();
    const ledger = secured.ledgerOf(undefined, {
      headers: () => bearer(tokens[made.length - 1] ?? ''),
      webSocket,
      retry,
    });
    const streams = [ledger.sessions.watch(id), ledger.sessions.watch(id)];
    for (const stream of streams) expect(await stream.next()).toMatchObject(caughtUp);
    for (const stream of streams) expect(await stream.next()).toMatchObject(caughtUp);
    expect(made).toHaveLength(2);
    for (const stream of streams) await stream.return();
  });

  test('tells what the function of headers throws, and the server is asked nothing', async () => {
    const { webSocket } = countedSockets();
    const headers = () => Promise.reject(new Error('Nobody is signed in.'));
    const ledger = app.ledgerOf(undefined, { headers, webSocket, retry });
    await expect(ledger.sessions.watchList().next()).rejects.toThrow('Nobody is signed in.');
  });
});

describe('where no socket can be opened, event streams are taken', () => {
  /** A proxy that takes plain requests alone: it answers upgrades by itself. */
  async function startProxy(
    onUpgrade: (socket: Socket) => void,
  ): Promise<{ url: string; upgrades: () => number; server: Server }> {
    let upgrades = 0;
    const target = new URL(app.url);
    const server = createServer();
    server.on('upgrade', (_request, socket: Socket) => {
      upgrades += 1;
      onUpgrade(socket);
    });
    server.on('request', (request, response) => {
      const { method, url, headers } = request;
      const { hostname, port } = target;
      const onward = open({ hostname, port, path: url, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      response.once('close', () => onward.destroy());
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/graphql`, upgrades: () => upgrades, server };
  }

  test.each([
    ['refuses them', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n')],
    [
      'answers as if it were a plain request',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    ],
    ['breaks them', (socket: Socket) => socket.destroy()],
  ])('because a proxy %s', async (_how, onUpgrade) => {
    const proxy = await startProxy(onUpgrade);
    try {
      const { webSocket } = countedSockets();
      const ledger = app.ledgerOf(newUser(), { url: proxy.url, webSocket, retry });
      const { id } = (await ledger.sessions.create({})).chatSession;
      for (let stream = 0; stream < 3; stream += 1) {
        const watched = ledger.sessions.watch(id);
        expect(await watched.next()).toMatchObject(caughtUp);
        await watched.return();
      }
      // After the second time it is not tried for a while.
      expect(proxy.upgrades()).toBe(2);
    } finally {
      proxy.server.close();
      proxy.server.closeAllConnections();
    }
  });

  test('but not for good when the server was only away', async () => {
    const { made, webSocket } = countedSockets();
    const user = newUser();
    const { id } = (await app.ledgerOf(user).sessions.create({})).chatSession;
    let isAway = true;
    class FarSocket extends webSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(isAway ? 'ws://127.0.0.1:1/' : url, protocols);
      }
    }
    const fetchAway: typeof fetch = (...request) =>
      isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(...request);
    const ledger = app.ledgerOf(user, { webSocket: FarSocket, fetch: fetchAway, retry });
    let interruptions = 0;
    const stream = ledger.sessions.watch(id, { onInterrupted: () => (interruptions += 1) });
    const first = stream.next();
    await until(() => interruptions >= 3);
    isAway = false;
    expect(await first).toMatchObject(caughtUp);
    await stream.return();
    // The first one may have been taken by an event stream, if the server came back at that very moment.
    const second = ledger.sessions.watch(id);
    expect(await second.next()).toMatchObject(caughtUp);
    expect(made.some(({ readyState }) => readyState === WebSocket.OPEN)).toBe(true);
    await second.return();
  });
});

/** A server that answers each subscription with changes of a session, as it is told to. */
async function startStandIn(
  answer: (afterRevision: number, next: (revision: number) => void, send: (text: string) => void) => void,
) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const heard = new EventEmitter();
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const { type, id, payload } = JSON.parse(data.toString()) as SocketMessage & {
        payload?: { variables?: { afterRevision?: number } };
      };
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      heard.emit(type);
      if (type !== 'subscribe') return;
      const next = (revision: number) => {
        const change = { __typename: 'ChatSessionCaughtUp', revision };
        socket.send(JSON.stringify({ id, type: 'next', payload: { data: { chatSessionChanges: change } } }));
      };
      answer(payload?.variables?.afterRevision ?? 0, next, (text) => {
        socket.send(text.replace('ID', JSON.stringify(id)));
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  const ledger = app.ledgerOf(newUser(), { url: `http://127.0.0.1:${port}/`, webSocket: WebSocket, retry });
  return {
    changes: ledger.sessions.watch(newUser()),
    heard,
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

test('a stream that is read too slowly is broken off and resumed, and not kept without end', async () => {
  const starts: number[] = [];
  const { changes, heard, close } = await startStandIn((afterRevision, next) => {
    starts.push(afterRevision);
    for (let revision = afterRevision + 1; revision <= 2_500; revision += 1) next(revision);
  });
  try {
    const left = once(heard, 'complete');
    expect(await changes.next()).toMatchObject({ value: { revision: 1 } });
    // Read on when it was broken off.
    await left;
    for (let revision = 2; revision <= 2_500; revision += 1)
      expect(await changes.next()).toMatchObject({ value: { revision } });
    await changes.return();
    expect(starts.length).toBeGreaterThan(1);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  } finally {
    close();
  }
});

test('a socket of which nothing is heard any more is taken for broken', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  let streams = 0;
  const { changes, heard, close } = await startStandIn((_after, next) => {
    next((streams += 1));
  });
  try {
    expect(await changes.next()).toMatchObject({ value: { revision: 1 } });
    const second = changes.next();
    const pinged = once(heard, 'ping');
    await jest.advanceTimersByTimeAsync(12_100);
    await pinged;
    await jest.advanceTimersByTimeAsync(17_000);
    expect(streams).toBe(1);
    await jest.advanceTimersByTimeAsync(1_200);
    // What is real, the opening of the next socket, takes its time.
    expect(await second).toMatchObject({ value: { revision: 2 } });
    await changes.return();
  } finally {
    jest.useRealTimers();
    close();
  }
});

test.each([
  ['no JSON', '{"type":'],
  ['nothing', 'null'],
  [
    'an error that passes',
    '{"id":ID,"type":"error","payload":[{"message":"Busy.","extensions":{"code":"RATE_LIMITED","retryable":true}}]}',
  ],
])('a stream is resumed behind a message that is %s', async (_what, text) => {
  const starts: number[] = [];
  const { changes, close } = await startStandIn((afterRevision, next, send) => {
    starts.push(afterRevision);
    next(afterRevision + 1);
    if (starts.length === 1) send(text);
  });
  try {
    expect(await changes.next()).toMatchObject({ value: { revision: 1 } });
    expect(await changes.next()).toMatchObject({ value: { revision: 2 } });
    expect(starts).toEqual([0, 1]);
    await changes.return();
  } finally {
    close();
  }
});

test.each([
  ['the client does not know', '{"type":"hello"}'],
  ['belongs to a stream that has ended', '{"id":"99","type":"next","payload":{"data":{}}}'],
])('a message that %s is passed over', async (_what, text) => {
  const { changes, close } = await startStandIn((_after, next, send) => {
    send(text);
    next(1);
    send('{"type":"ping"}');
    next(2);
  });
  try {
    expect(await changes.next()).toMatchObject({ value: { revision: 1 } });
    expect(await changes.next()).toMatchObject({ value: { revision: 2 } });
    await changes.return();
  } finally {
    close();
  }
});

test('a stream ends with an answer that has neither data nor errors, as a request does', async () => {
  const { changes, close } = await startStandIn((_after, _next, send) => {
    send('{"id":ID,"type":"next"}');
  });
  try {
    await expect(changes.next()).rejects.toMatchObject({ name: 'NoAnswerError', retryable: false });
  } finally {
    close();
  }
});
