import { Socket } from 'node:net';
import type pg from 'pg';
import { GuardedClient } from '../guarded-client.js';
import { statement } from '../statement.js';
import { decode, encodePing } from './payload.js';

export interface ListenConnectionOptions {
  /** Where to listen and to send. */
  readonly url: string;
  /** Where the rest of the process writes, which is where the first ping is sent. */
  readonly writeUrl: string;
  /** The name under which `send` is called, whose own notifications are not reported. */
  readonly sender: string;
  /** Milliseconds from the return of a ping to the next one. */
  readonly pingInterval: number;
  /** Milliseconds in which connecting, a statement, and the return of a ping must each be done. */
  readonly answerTimeout: number;
  /** Told what others say has changed. */
  readonly onChange: (sessionIds: readonly (string | null)[]) => void;
  /** Told once, when the first ping has come back. */
  readonly onListening: () => void;
  /** Told once, when the connection is over, also when that was asked for. */
  readonly onLost: (reason: unknown) => void;
}

export interface ListenConnection {
  /** Sends one notification. Rejects when that fails; the connection is then lost. */
  send(payload: string): Promise<void>;
  /** Ends the connection in good order. A connection that no longer answers needs `drop` besides. */
  leave(): Promise<void>;
  /** Ends it at once. */
  drop(): void;
}

/** Notifications did not come back although the statements that send them may have succeeded. */
class NotHeardError extends Error {
  override readonly name = 'NotHeardError';
  constructor(limit: number) {
    super(
      `A notification did not come back within ${limit} ms. If this is so from the start, the connection probably ` +
        'leads through a transaction pooler such as PgBouncer, or to another database than DATABASE_URL: ' +
        'set DATABASE_DIRECT_URL to the address of the database itself.',
    );
  }
}

const channel = 'chatledger_sessions';
const listenStatement = statement('listen_for_hints', `LISTEN ${channel}`);
const notifyStatement = statement('send_hints', 'SELECT pg_notify($1, $2)');

/** Connects and listens. It takes one try: whoever wants another one opens another connection. */
export function openListenConnection(options: ListenConnectionOptions): ListenConnection {
  const { answerTimeout } = options;
  const { client, socket } = createClient(options.url, answerTimeout);
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let awaited: string | undefined;
  let isProven = false;
  let lastSent = Promise.resolve();

  // Destroyed and not ended: whoever has stopped answering would never end it.
  const lose = (reason: unknown) => {
    if (over.signal.aborted) return;
    over.abort();
    clearTimeout(timer);
    socket.destroy();
    options.onLost(reason);
  };
  // One after the other: pg is going to refuse a statement while another one is under way.
  const send = (payload: string) => {
    lastSent = lastSent.then(() => notify(client, payload));
    lastSent.catch(lose);
    return lastSent;
  };
  const ping = async (via: (payload: string) => Promise<void>) => {
    over.signal.throwIfAborted();
    awaited = encodePing(options.sender);
    timer = setTimeout(() => {
      lose(new NotHeardError(answerTimeout));
    }, answerTimeout);
    await via(awaited);
  };
  const pingBack = () => {
    clearTimeout(timer);
    awaited = undefined;
    timer = setTimeout(() => {
      ping(send).catch(lose);
    }, options.pingInterval);
    if (!isProven) options.onListening();
    isProven = true;
  };

  client.on('notification', ({ payload = '' }) => {
    if (over.signal.aborted) return;
    if (payload === awaited) {
      pingBack();
      return;
    }
    const hint = decode(payload);
    if (hint && hint.sender !== options.sender) options.onChange(hint.sessionIds);
  });
  client.on('error', lose);
  socket.once('close', () => {
    lose(new Error('The connection to the database ended.'));
  });

  const begin = async () => {
    await client.connect();
    await client.query(listenStatement.text);
    // From elsewhere: PostgreSQL brings our own notifications with the answer to the statement that sent them, and
    // so would a transaction pooler, which loses all that come at another time.
    await ping((payload) => notifyOnce(options.writeUrl, payload, answerTimeout, over.signal));
  };
  begin().catch(lose);

  return {
    send,
    leave: () => client.end(),
    drop: () => {
      lose(new Error('The connection to the database was dropped.'));
    },
  };
}

function createClient(url: string, answerTimeout: number): { client: pg.Client; socket: Socket } {
  const socket = new Socket();
  const client = new GuardedClient({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: answerTimeout,
    query_timeout: answerTimeout,
    keepAlive: true,
    application_name: 'chatledger hints',
  });
  return { client, socket };
}

async function notify(client: pg.Client, payload: string): Promise<void> {
  await client.query(notifyStatement.text, [channel, payload]);
}

/** Notifies on a connection that is there for nothing else. */
async function notifyOnce(
  url: string,
  payload: string,
  answerTimeout: number,
  signal: AbortSignal,
): Promise<void> {
  const { client, socket } = createClient(url, answerTimeout);
  client.on('error', () => undefined);
  signal.addEventListener('abort', () => socket.destroy());
  try {
    await client.connect();
    await notify(client, payload);
  } finally {
    // Nobody waits for its end.
    client.end().catch(() => undefined);
  }
}
