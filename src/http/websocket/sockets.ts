import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Identity, Viewer } from '../../auth/viewer.js';
import { ChatledgerError } from '../../errors.js';
import { busy, stopping } from '../answers.js';
import { mayOpenSocket } from '../origin.js';
import { Place, type Queue } from '../queue.js';
import { endWithError, type RawRefusal } from '../raw-answer.js';
import { logOperation, logSocket, logUpgradeRefusal } from '../request-log.js';
import { newRequestState, pathOf, requestIdOf } from '../request.js';
import { malformedHost, normalizeTarget } from '../target.js';
import { SocketChannel } from './channel.js';
import { SocketConnection } from './connection.js';
import type { SocketProtocol } from './protocol.js';

/** Milliseconds from one sign of life that is asked for to the next, as between the comments in event streams. */
const pace = 12_000;

/** The WebSockets of a server. */
export interface Sockets {
  /** Takes over a connection whose request asks for WebSocket, or refuses it. */
  upgrade(request: IncomingMessage, head: Buffer): Promise<void>;
  /** Opens no more, and closes those that are open as soon as nothing is under way on them. */
  drain(): void;
  /** Breaks those that are still open. */
  terminate(): void;
}

export interface SocketsOptions {
  readonly protocol: SocketProtocol;
  /** Where they are opened. */
  readonly path: string;
  /** Of pages that may open one, besides those that have the server's own. */
  readonly origins: readonly string[];
  /** @throws ChatledgerError when the proof does not hold */
  readonly identify: (headers: IncomingHttpHeaders, requestId: string) => Promise<Identity | null>;
  /** Counts a socket of this viewer. @returns how to end that; undefined when there are too many */
  readonly admit: (viewer: Viewer) => (() => void) | undefined;
  readonly queue: Queue;
  /** Milliseconds for what the client of a refused upgrade still sends. */
  readonly arrivalTimeout: number;
  /** Bytes of a message at most. */
  readonly messageLimit: number;
  /** Sockets of this process at a time. */
  readonly socketLimit: number;
  /** Operations of a socket at a time. */
  readonly operationLimit: number;
  readonly log: Logger;
}

export function createSockets(options: SocketsOptions): Sockets {
  const { protocol, queue, log } = options;
  const open = new Map<SocketChannel, SocketConnection>();
  let draining = false;

  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: options.messageLimit,
    // It takes up to 300 kB for each socket, and time.
    perMessageDeflate: false,
    // Those who offer nothing that is spoken here are let in to read why they are closed: code 4406.
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : ([...offered][0] ?? false),
  });
  server.on('wsClientError', (error, _connection, request) => {
    refuse(request, {
      status: 400,
      code: 'BAD_REQUEST',
      message: `This is no WebSocket handshake: ${error.message}.`,
      headers: { 'sec-websocket-version': '13' },
    });
  });

  const timer = setInterval(() => {
    for (const channel of open.keys()) channel.check();
  }, pace);
  timer.unref();

  function refuse(request: IncomingMessage, refusal: RawRefusal): void {
    const requestId = requestIdOf(request);
    logUpgradeRefusal(log, request, requestId, refusal);
    endWithError(request.socket, refusal, requestId, options.arrivalTimeout);
  }

  /** What speaks against an upgrade before anybody is asked who it is. */
  function refusalOf(request: IncomingMessage): RawRefusal | undefined {
    if (draining) return { status: 503, code: 'SERVICE_UNAVAILABLE', message: stopping };
    if (pathOf(request) !== options.path)
      return {
        status: 404,
        code: 'NOT_FOUND',
        message: `There is nothing here. GraphQL is at ${options.path}.`,
      };
    if (!mayOpenSocket(options.origins, request.headers))
      return { status: 403, code: 'FORBIDDEN', message: 'Pages of this origin may not open sockets here.' };
    if (queue.isFull || open.size >= options.socketLimit)
      return { status: 503, code: 'SERVICE_UNAVAILABLE', message: busy };
    return undefined;
  }

  /** @returns who the headers of the upgrade say asks; undefined, and has refused it, when that does not hold */
  async function identityOf(request: IncomingMessage): Promise<Identity | null | undefined> {
    try {
      return await options.identify(request.headers, requestIdOf(request));
    } catch (error) {
      if (!(error instanceof ChatledgerError)) throw error;
      refuse(request, { status: 401, code: 'UNAUTHENTICATED', message: error.message });
      return undefined;
    }
  }

  function opened(socket: WebSocket, request: IncomingMessage, known: Identity | null): void {
    const connection = request.socket;
    const socketId = requestIdOf(request);
    const begun = performance.now();
    const channel = new SocketChannel(socket, connection);
    const ours = new SocketConnection(channel, {
      messageLimit: options.messageLimit,
      operationLimit: options.operationLimit,
      admit: options.admit,
      identify: (credentials) =>
        Object.keys(credentials).length === 0
          ? Promise.resolve(known)
          : options.identify({ ...request.headers, ...credentials }, socketId),
      newRequest: () => newRequestState(randomUUID(), new Place(queue, connection)),
      onEnd: (operation) => {
        logOperation(log, operation, socketId);
      },
    });
    open.set(channel, ours);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => channel.send(text),
        close: (code, reason) => {
          channel.close(code ?? CloseCode.InternalServerError, reason ?? '');
        },
        onMessage: (handle) => {
          channel.onMessage((text) => {
            // The protocol takes a message that was parsed for one that it has parsed itself.
            ours
              .receive(text, (message) => handle(message as unknown as string))
              .catch((error: unknown) => {
                log.error({ requestId: socketId, err: error }, 'A WebSocket failed outside GraphQL.');
                channel.close(CloseCode.InternalServerError, 'Internal server error.');
              });
          });
        },
      },
      { connection: ours },
    );
    // What breaks the protocol of WebSocket, as a message that is too large does; the closing follows.
    socket.on('error', (error) => {
      log.debug({ requestId: socketId, err: error }, 'A WebSocket failed, or broke the protocol.');
    });
    socket.once('close', (code) => {
      open.delete(channel);
      ours.closed();
      logSocket(log, request, {
        requestId: socketId,
        begun,
        code,
        viewer: ours.viewer,
        operations: ours.operations,
      });
      void closed(code);
    });
    if (draining) ours.drain();
  }

  return {
    async upgrade(request, head) {
      const connection = request.socket;
      // Until it is a WebSocket nobody else listens.
      const onError = () => connection.destroy();
      connection.on('error', onError);
      const refusal = normalizeTarget(request) ? refusalOf(request) : malformedHost;
      if (refusal) {
        refuse(request, refusal);
        return;
      }
      const known = await identityOf(request);
      if (known === undefined) return;
      const late = refusalOf(request);
      if (late) refuse(request, late);
      else
        server.handleUpgrade(request, connection, head, (socket) => {
          connection.off('error', onError);
          opened(socket, request, known);
        });
    },
    drain() {
      draining = true;
      clearInterval(timer);
      for (const connection of open.values()) connection.drain();
    },
    terminate() {
      for (const channel of open.keys()) channel.terminate();
    },
  };
}
