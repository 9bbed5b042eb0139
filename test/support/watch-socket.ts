import type { ReceivedError } from './client.js';
import type { TypedDocumentString } from './generated/graphql.js';
import { beginSocket, SocketClosedError, type TestSocket } from './socket.js';
import { NoStreamError, type Event, type Watch } from './watch.js';

/** Watches over a WebSocket of its own. @throws NoStreamError when the server closes it; what the system says */
export async function watchOverSocket<Data, Variables>(
  url: string,
  headers: Record<string, string>,
  document: TypedDocumentString<Data, Variables> | string,
  variables: Variables,
): Promise<Watch<Data>> {
  const opened = await beginSocket(url, headers).catch((error: unknown) => {
    if (error instanceof SocketClosedError) throw new NoStreamError(error.code, error.reason);
    throw error;
  });
  return watchOn(opened, document, variables, () => {
    opened.socket.terminate();
  });
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
