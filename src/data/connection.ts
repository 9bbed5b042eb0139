import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';

export type OnStatement = (text: string, values: readonly unknown[]) => void;

/** The one method through which everything passes, the driver's own included; it takes a callback or gives a promise. */
type Send = (...parameters: unknown[]) => unknown;

function wrapQuery(client: pg.ClientBase, wrap: (send: Send) => Send): void {
  Object.assign(client, { query: wrap(client.query.bind(client) as Send) });
}

/** For `onConnect` of a pool, which waits for what it is given, though its type says otherwise. */
export function waitedFor(
  prepare: (client: pg.ClientBase) => Promise<unknown>,
): (client: pg.ClientBase) => void {
  return (client) => prepare(client) as unknown as undefined;
}

/**
 * PostgreSQL would plan a statement anew each time where it thinks that the values could matter, which takes longer
 * than most of ours run. They are good in their general form: test/api/plans and test/api/reads-bounded see to that.
 */
export async function planOnce(client: pg.ClientBase): Promise<void> {
  await client.query('SET plan_cache_mode = force_generic_plan');
}

/**
 * Ends the connection when an answer takes longer than `limit` milliseconds: the server's own limit is no help against
 * a server that has stopped answering. The driver's `query_timeout` does the same, but what a statement brought with it
 * is then only freed by a collection of the whole heap, which costs a busy server a fifth of its time.
 */
export function limitAnswers(client: pg.ClientBase, limit: number): void {
  wrapQuery(client, (send) => (...parameters) => {
    const last = parameters.at(-1);
    if (isPatient(parameters[0])) return send(...parameters);
    const timer = setTimeout(() => {
      breakConnection(client);
    }, limit);
    if (isCallback(last)) {
      const answered: Callback = (...answer) => {
        clearTimeout(timer);
        last(...answer);
      };
      return send(...parameters.slice(0, -1), answered);
    }
    const sent = send(...parameters) as Promise<unknown>;
    return sent.finally(() => {
      clearTimeout(timer);
    });
  });
}

/** Ends a connection whose answer was not waited for any longer. */
export function breakConnection(client: pg.ClientBase): void {
  const { connection } = client as pg.ClientBase & Pick<pg.Client, 'connection'>;
  connection.stream.destroy(new Error('Query read timeout'));
}

/** A statement whose answer is waited for as long as it takes. */
export type PatientQuery = pg.QueryConfig & { isPatient: true };

function isPatient(query: unknown): query is PatientQuery {
  return typeof query === 'object' && query !== null && 'isPatient' in query;
}

type Callback = (...answer: unknown[]) => void;

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}

/** Tells each statement that is sent, with its values. pg has no event for it. */
export function observe(client: pg.ClientBase, onStatement: OnStatement): void {
  wrapQuery(client, (send) => (...parameters) => {
    const [first, second] = parameters;
    const query = typeof first === 'string' ? { text: first, values: second } : first;
    if (typeof query === 'object' && query !== null && 'text' in query) {
      const values: unknown = 'values' in query ? query.values : undefined;
      onStatement(String(query.text), Array.isArray(values) ? values : []);
    }
    return send(...parameters);
  });
}

/** What the driver has, and its types do not tell. */
interface RawConnection extends EventEmitter {
  readonly stream: Socket;
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/** Milliseconds that may pass without a word before the connection for a cancellation is given up. */
const cancelTimeout = 5_000;

/**
 * Asks the server to cancel the statement that a connection waits for, if there is one. That takes a connection of its
 * own, which needs no place in the pool and knows its way through PgBouncer too. When it arrives nobody can tell, so
 * that what is cancelled must be the last statements of its connection. Never throws.
 */
export function cancelStatement(client: pg.ClientBase): void {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as pg.ClientBase &
    Pick<pg.Client, 'host' | 'port' | 'ssl'> & {
      readonly sslNegotiation: 'postgres' | 'direct';
      readonly processID: number | null;
      readonly secretKey: number | null;
    };
  if (processID === null || secretKey === null) return;
  const settings = { ssl, sslNegotiation };
  const connection = new pg.Connection(settings) as unknown as RawConnection;
  const cancel = (): void => {
    connection.cancel(processID, secretKey);
  };
  connection.on('error', () => connection.stream.destroy());
  connection.once('connect', () => {
    if (!ssl) cancel();
    else if (sslNegotiation !== 'direct') connection.requestSsl();
  });
  connection.once('sslconnect', cancel);
  connection.stream.setTimeout(cancelTimeout, () => connection.stream.destroy());
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
