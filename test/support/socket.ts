import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';

/** A message of graphql-transport-ws. */
export interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket whose messages are read one by one, and which sends whatever it is given. */
export interface TestSocket {
  readonly socket: WebSocket;
  send(message: object | string | Buffer): void;
  /** The next message; undefined when the socket is closed. */
  next(): Promise<SocketMessage | undefined>;
  /** With what it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** The server has answered an upgrade with something else. */
export class NoSocketError extends Error {
  constructor(
    readonly status: number,
    readonly headers: IncomingMessage['headers'],
    readonly body: string,
  ) {
    super(`No socket but ${status}: ${body}`);
  }
}

/** The address of the API as WebSockets have it. */
export function socketUrl(url: string): string {
  return url.replace(/^http/, 'ws');
}

type SocketOptions = ClientOptions & { readonly protocols?: readonly string[] };

/** Opens a socket, and says nothing yet. @throws NoSocketError; what the system says when there is no answer */
export async function openSocket(
  url: string,
  { protocols = ['graphql-transport-ws'], ...options }: SocketOptions = {},
): Promise<TestSocket> {
  const socket = new WebSocket(socketUrl(url), [...protocols], options);
  const messages: SocketMessage[] = [];
  let wake: () => void = () => undefined;
  const refusal = new Promise<never>((_resolve, reject) => {
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => {
        reject(new NoSocketError(response.statusCode ?? 0, response.headers, body));
      });
    });
  });
  refusal.catch(() => undefined);
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as SocketMessage);
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      wake();
    });
  });
  await Promise.race([once(socket, 'open'), refusal]);
  return {
    socket,
    closed,
    send: (message) => {
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      );
    },
    async next() {
      for (;;) {
        const message = messages.shift();
        if (message || socket.readyState === socket.CLOSED) return message;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Opens a socket, and says who asks. @throws SocketClosedError when the server does not take it */
export async function beginSocket(
  url: string,
  parameters: object,
  options: SocketOptions = {},
): Promise<TestSocket> {
  const opened = await openSocket(url, options);
  opened.send({ type: 'connection_init', payload: parameters });
  const answer = await opened.next();
  if (answer?.type === 'connection_ack') return opened;
  const { code, reason } = await opened.closed;
  throw new SocketClosedError(code, reason);
}

/** The server has closed a socket. */
export class SocketClosedError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super(`The socket was closed with ${code}: ${reason}`);
  }
}
