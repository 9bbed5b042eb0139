import { randomUUID } from 'node:crypto';
import type { ReceivedError } from './client.js';
import type { TypedDocumentString } from './generated/graphql.js';
import { beginSocket, NoSocketError, SocketClosedError, type TestSocket } from './socket.js';
import { NoStreamError, type Event, type Watch } from './watch-events.js';

/** What HTTP would have answered, by the codes of closed sockets. */
const statuses: ReadonlyMap<number, number> = new Map([
  [1013, 429],
  [4401, 401],
  [4403, 401],
]);

/** Watches over a WebSocket of its own. @throws NoStreamError when the server closes it; what the system says */
export async function watchOverSocket<Data, Variables>(
  url: string,
  headers: Record<string, string>,
  document: TypedDocumentString<Data, Variables> | string,
  variables: Variables,
): Promise<Watch<Data>> {
  const logId = randomUUID();
  const options = { headers: { 'x-request-id': logId } };
  const opened = await beginSocket(url, headers, options).catch((error: unknown) => {
    if (error instanceof NoSocketError) throw new NoStreamError(error.status, error.body);
    if (!(error instanceof SocketClosedError)) throw error;
    throw new NoStreamError(statuses.get(error.code) ?? 503, error.message);
  });
  const stop = () => {
    opened.socket.terminate();
  };
  return { ...watchOn(opened, document, variables, stop), logId };
}

/** Watches over a WebSocket that is open, as the only one who reads it. */
export function watchOn<Data, Variables>(
  opened: TestSocket,
  document: TypedDocumentString<Data, Variables> | string,
  variables: Variables,
  stop = () => {
    opened.send({ id: '1', type: 'complete' });
  },
): Watch<Data> {
  opened.send({ id: '1', type: 'subscribe', payload: { query: document.toString(), variables } });
  let isOver = false;
  const next = async (): Promise<Event<Data> | undefined> => {
    if (isOver) return undefined;
    const message = await opened.next();
    if (!message) throw new Error('The connection ended without a word.');
    switch (message.type) {
      case 'next': {
        const { data = null, errors = [] } = message.payload as {
          data?: Data | null;
          errors?: ReceivedError[];
        };
        return { data, errors };
      }
      case 'error':
        isOver = true;
        return { data: null, errors: message.payload as ReceivedError[] };
      case 'complete':
        isOver = true;
        return undefined;
      default:
        throw new Error(`Not expected: ${JSON.stringify(message)}`);
    }
  };
  const nextData = async () => {
    const event = await next();
    if (!event?.data) throw new Error(`Expected data: ${JSON.stringify(event)}`);
    return event.data;
  };
  return {
    headers: new Headers(),
    logId: '',
    comments: 0,
    next,
    nextData,
    stop,
    async rest() {
      const rest: Data[] = [];
      for (let event = await next(); event; event = await next()) if (event.data) rest.push(event.data);
      return rest;
    },
  };
}
