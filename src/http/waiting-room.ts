import { createServer } from 'node:http';
import type { Config } from '../config.js';
import { answerError, answerJson } from './answers.js';
import { answerCors } from './cors.js';
import { listen } from './listen.js';
import { Place, Queue } from './queue.js';
import { beginRequest, pathOf } from './request.js';

/** What answers at the address of a server whose database is not there yet: that it lives, and is not ready. */
export interface WaitingRoom {
  /** Which the system chose if 0 was asked for. */
  readonly port: number;
  /** Leaves the port, at once, to the server. Who is connected already is answered still. Idempotent. */
  readonly close: () => void;
}

const reason = 'The server is starting: it waits for its database.';

/** Milliseconds after which connections are cut that have sent nothing. */
const grace = 1_000;

/** @throws the system's error when it can't listen there */
export async function openWaitingRoom({
  host,
  port,
  cors,
}: Pick<Config, 'host' | 'port' | 'cors'>): Promise<WaitingRoom> {
  const queue = new Queue(0);
  const server = createServer((request, response) => {
    const state = beginRequest(request, new Place(queue, request.socket), false);
    request.resume();
    // The next request is for the server.
    response.setHeader('connection', 'close');
    const path = pathOf(request);
    if (path === '/health') answerJson(response, state, 200, { status: 'alive' });
    else if (path === '/ready') answerJson(response, state, 503, { status: 'starting', reason });
    else if (!answerCors(cors, request, response, state))
      answerError(response, state, 503, 'SERVICE_UNAVAILABLE', 'The server is starting. Try again.');
  });
  const chosen = await listen(server, host, port);
  return {
    port: chosen,
    close: () => {
      if (!server.listening) return;
      server.close();
      setTimeout(() => {
        server.closeAllConnections();
      }, grace).unref();
    },
  };
}
