import { clientOf, type Client, type Received, type ReceivedError } from './client.js';
import { beginSocket } from './socket.js';

/** Sends operations over WebSockets, each over one of its own, as one caller. What HTTP alone has is made up. */
export function createSocketClient(url: string, parameters: Record<string, string>): Client {
  return clientOf(async <Data>(body: unknown): Promise<Received<Data>> => {
    const socket = await beginSocket(url, parameters);
    try {
      socket.send({ id: '1', type: 'subscribe', payload: body });
      const message = await socket.next();
      if (message?.type === 'error')
        return { ...http, data: undefined, errors: message.payload as ReceivedError[] };
      if (message?.type !== 'next') throw new Error(`Expected an answer: ${JSON.stringify(message)}`);
      const { data, errors = [] } = message.payload as { data?: Data | null; errors?: ReceivedError[] };
      const end = await socket.next();
      if (end?.type !== 'complete') throw new Error(`Expected its end: ${JSON.stringify(end)}`);
      return { ...http, data, errors };
    } finally {
      socket.socket.terminate();
    }
  });
}

const http = { status: 200, headers: new Headers() };
