import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Authenticate } from '../auth/authenticate.js';
import { KeysUnavailableError } from '../auth/jwt.js';
import type { Identity } from '../auth/viewer.js';
import type { ChangeNotifier } from '../data/change-notifier.js';
import type { ReadinessCheck } from '../data/readiness.js';
import { ChatledgerError } from '../errors.js';
import { answerBusy, answerError, answerJson, stopping } from './answers.js';
import { answerCors, type CorsConfig } from './cors.js';
import { InFlight } from './in-flight.js';
import { closeLingering } from './lingering-close.js';
import { listen } from './listen.js';
import { asksForPage, refusalOf } from './preconditions.js';
import { Place, Queue } from './queue.js';
import { boundUnread } from './unread.js';
import { logRequest } from './request-log.js';
import { beginRequest, pathOf, requestIdOf, type RequestState } from './request.js';
import { assetsPath, type GraphiQL } from './graphiql/graphiql.js';
import type { GraphQL } from './graphql.js';
import { malformedHost, normalizeTarget } from './target.js';
import { answerUnreadable } from './unreadable.js';
import { UpgradeRequest } from './upgrade-request.js';
import { createSockets, type SocketsOptions } from './websocket/sockets.js';
import { graphqlPath } from './yoga.js';

export interface HttpServer {
  /** @returns the port, which the system chose if 0 was asked for */
  listen(host: string, port: number): Promise<number>;
  /** Refuses what comes from now on, waits for what is under way, and ends the rest after `grace` milliseconds. */
  close(grace?: number): Promise<void>;
}

/** What a client has in its header `expect`. */
type Expectation = 'continue' | 'unknown';

/** Milliseconds from one look for those that have not to the next. Node's default is longer than their time. */
const arrivalCheck = 1_000;

export function createHttpServer(parts: {
  readonly graphql: GraphQL;
  readonly authenticate: Authenticate;
  readonly readiness: Pick<ReadinessCheck, 'check'>;
  readonly notifier: Pick<ChangeNotifier, 'isListening'>;
  /** Undefined: there is none. */
  readonly graphiql: GraphiQL | undefined;
  readonly cors: CorsConfig;
  /** Requests that may wait for their answers at a time. More are refused. */
  readonly maxQueued: number;
  /** Bytes that may wait for clients to read them. Beyond that, connections are closed. */
  readonly unreadLimit: number;
  /** Milliseconds in which the whole of a request must have arrived. */
  readonly arrivalTimeout: number;
  /** Bounds of WebSockets. */
  readonly sockets: Pick<SocketsOptions, 'messageLimit' | 'socketLimit' | 'operationLimit'>;
  readonly log: Logger;
}): HttpServer {
  let draining = false;
  const queue = new Queue(parts.maxQueued);
  // By connection: a set of responses would be filled and emptied with each request, and V8 keeps what was in such a
  // one until its next big collection.
  const underWay = new Map<Socket, ServerResponse | undefined>();
  const inFlight = new InFlight();

  const server = createServer({
    requestTimeout: parts.arrivalTimeout,
    headersTimeout: parts.arrivalTimeout,
    connectionsCheckingInterval: Math.min(arrivalCheck, parts.arrivalTimeout),
    keepAliveTimeout: 65_000,
    // It is checked here, with what it holds.
    requireHostHeader: false,
    IncomingMessage: UpgradeRequest,
  });

  function onRequest(request: IncomingMessage, response: ServerResponse, expected?: Expectation): void {
    const { socket } = request;
    const verdict = inFlight.begin(socket);
    if (verdict === 'ignored') return;
    const state = beginRequest(request, new Place(queue, socket), expected === 'continue');
    logRequest(parts.log, request, response, state);
    underWay.set(socket, response);
    response.once('close', () => {
      // With half of its request still to come it stays, so that nothing is sent behind its answer.
      if (underWay.get(socket) === response && request.complete) underWay.set(socket, undefined);
      if (verdict === 'admitted') inFlight.end(socket);
      state.place.leave();
      if (!response.writableFinished) state.scope.abort();
      // What was sent long ago, the head of a stream, promised the client to keep the connection.
      if (draining) server.closeIdleConnections();
    });
    // What a GET is answered is somebody's own. Answers to POST are kept by nobody.
    if (request.method !== 'POST') response.setHeader('cache-control', 'private, no-store');
    if (verdict === 'refused') {
      const headers = { connection: 'close', 'retry-after': '1' };
      const message = 'This connection has too many requests that are not answered yet.';
      answerError(response, state, 429, 'RATE_LIMITED', message, headers);
      return;
    }
    if (expected === 'unknown') {
      answerError(response, state, 417, 'BAD_REQUEST', 'Expect nothing but 100-continue.');
      return;
    }
    handle(request, response, state).catch((error: unknown) => {
      parts.log.error({ requestId: state.requestId, err: error }, 'A request failed outside GraphQL.');
      if (response.headersSent) response.destroy();
      else answerError(response, state, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error.');
    });
  }

  server.on('request', (request, response) => {
    onRequest(request, response);
  });
  server.on('checkContinue', (request, response) => {
    onRequest(request, response, 'continue');
  });
  server.on('checkExpectation', (request, response) => {
    onRequest(request, response, 'unknown');
  });

  const endUnread = boundUnread(underWay, parts.unreadLimit, (connections) => {
    parts.log.warn({ connections }, 'Clients did not read their answers; closed connections to free memory.');
  });
  const sockets = createSockets({
    ...parts.sockets,
    protocol: parts.graphql.protocol,
    admit: parts.graphql.admitSocket,
    path: graphqlPath,
    origins: parts.cors.origins,
    arrivalTimeout: parts.arrivalTimeout,
    identify,
    queue,
    log: parts.log,
  });
  server.on('upgrade', (request: IncomingMessage, connection, head) => {
    sockets.upgrade(request, head).catch((error: unknown) => {
      parts.log.error({ requestId: requestIdOf(request), err: error }, 'An upgrade failed.');
      connection.destroy();
    });
  });
  server.on('clientError', (error, socket) => {
    if (!(socket instanceof Socket)) socket.destroy();
    else answerUnreadable(error, socket, underWay.get(socket), parts.arrivalTimeout);
  });
  server.on('connection', (socket: Socket) => {
    underWay.set(socket, undefined);
    // With this Node ends a connection that it does not keep, once the last answer is out.
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (underWay.get(socket)?.req.complete === false) closeLingering(socket, parts.arrivalTimeout);
      else destroySoon();
    };
    socket.once('close', () => {
      underWay.delete(socket);
      queue.forget(socket);
    });
  });

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    state: RequestState,
  ): Promise<void> {
    if (!normalizeTarget(request)) {
      const headers = { connection: 'close' };
      answerError(response, state, malformedHost.status, malformedHost.code, malformedHost.message, headers);
      return;
    }
    const path = pathOf(request);
    if (path === '/health') {
      answerJson(response, state, 200, { status: 'alive' });
      return;
    }
    if (path === '/ready') {
      await answerReady(response, state);
      return;
    }
    if (draining) {
      const headers = { connection: 'close' };
      answerError(response, state, 503, 'SERVICE_UNAVAILABLE', stopping, headers);
      return;
    }
    if (parts.graphiql && path.startsWith(assetsPath) && request.method === 'GET') {
      // For anybody, as they are for everybody who installs the package.
      if (await parts.graphiql.answerAsset(path, request, response, state)) return;
    }
    if (path !== graphqlPath) {
      answerError(response, state, 404, 'NOT_FOUND', `There is nothing here. GraphQL is at ${graphqlPath}.`);
      return;
    }
    if (answerCors(parts.cors, request, response, state)) return;
    // Before anything is done for it.
    if (queue.isFull) answerBusy(response, state);
    else if (await isAllowed(request, response, state)) {
      if (request.method !== 'GET' && request.method !== 'POST') answerNotAllowed(response, state);
      else if (parts.graphiql && asksForPage(request, true))
        await parts.graphiql.answerPage(request, response, state);
      else await parts.graphql.answer(request, response, state);
    }
  }

  async function answerReady(response: ServerResponse, state: RequestState): Promise<void> {
    if (draining) {
      answerJson(response, state, 503, { status: 'stopping', reason: stopping });
      return;
    }
    const readiness = await parts.readiness.check();
    if (!readiness.isReady) {
      const { status, reason } = readiness;
      answerJson(response, state, 503, { status, reason });
      return;
    }
    // Ready in both cases: who polls learns of everything too, only later.
    const liveChanges = parts.notifier.isListening ? 'listening' : 'polling';
    const { limits } = readiness;
    answerJson(response, state, 200, {
      status: 'ready',
      liveChanges,
      ...(limits !== undefined && { limits }),
    });
  }

  /** Finds the viewer. Nobody gets no further than the page of GraphiQL. */
  async function isAllowed(
    request: IncomingMessage,
    response: ServerResponse,
    state: RequestState,
  ): Promise<boolean> {
    if (request.method === 'OPTIONS') return true;
    const refusal = refusalOf(request, parts.graphiql !== undefined);
    if (refusal) {
      answerError(response, state, refusal.status, refusal.code, refusal.message);
      return false;
    }
    // Checked above. Yoga compares it letter by letter.
    if (request.method === 'POST') request.headers['content-type'] = 'application/json';
    try {
      const identity = await identify(request.headers, state.requestId);
      state.viewer = identity?.viewer ?? null;
      state.expiresAt = identity?.expiresAt ?? null;
    } catch (error) {
      if (!(error instanceof ChatledgerError)) throw error;
      refuse(response, state, error.message);
      return false;
    }
    if (state.viewer !== null || asksForPage(request, parts.graphiql !== undefined)) return true;
    refuse(response, state, 'Say who you are: send an authorization header.');
    return false;
  }

  /** @throws ChatledgerError when the proof does not hold, or can't be checked */
  async function identify(headers: IncomingHttpHeaders, requestId: string): Promise<Identity | null> {
    try {
      return await parts.authenticate(headers);
    } catch (error) {
      if (error instanceof KeysUnavailableError)
        parts.log.warn({ requestId, err: error.cause }, 'The keys for tokens could not be fetched.');
      throw error;
    }
  }

  return {
    listen: (host, port) => listen(server, host, port),
    async close(grace = 5_000) {
      draining = true;
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      server.closeIdleConnections();
      sockets.drain();
      // Node does not call those idle that have sent nothing yet, such as a browser keeps in reserve.
      for (const socket of underWay.keys()) if (socket.bytesRead === 0) socket.destroy();
      // A client that keeps its connection for the next request would hold up the end.
      for (const response of underWay.values())
        if (response && !response.headersSent) response.setHeader('connection', 'close');
      const end = setTimeout(() => {
        sockets.terminate();
        // Node does not know those any more whose parser failed, or was taken away.
        for (const socket of underWay.keys()) socket.destroy();
      }, grace);
      await closed;
      endUnread();
      clearTimeout(end);
    },
  };
}

function answerNotAllowed(response: ServerResponse, state: RequestState): void {
  const headers = { allow: 'GET, POST' };
  answerError(response, state, 405, 'METHOD_NOT_ALLOWED', 'GraphQL is asked with GET or POST.', headers);
}

function refuse(response: ServerResponse, state: RequestState, message: string): void {
  answerError(response, state, 401, 'UNAUTHENTICATED', message);
}
