import { Socket } from 'node:net';
import pRetry from 'p-retry';
import pg from 'pg';
import {
  DatabaseUnavailableError,
  explainConnection,
  placeOf,
  type AddressVariable,
} from './database-unavailable.js';

/** How long a start waits for the database, and which callbacks report it. */
export interface Patience {
  /** Milliseconds. 0: one try. */
  readonly wait: number;
  /** Told once in a plain sentence what is waited for. */
  readonly say: (line: string) => void;
  /** Gives up when aborted. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds in which a server that takes a connection must answer it. */
const answerTimeout = 5_000;

/**
 * Makes sure that a database lets us in and answers, and waits for one that is not there yet.
 *
 * @param variable the one that holds the address, for the remedy
 * @throws DatabaseUnavailableError that says what is wrong and what to do: at once when it does not pass by itself,
 *   else when `wait` is over; the reason of `signal`
 */
export async function reachDatabase(
  url: string,
  variable: AddressVariable,
  { wait, say, signal }: Patience,
): Promise<void> {
  const deadline = performance.now() + wait;
  const explain = (error: unknown) => explainConnection(error, variable);
  let told = false;
  try {
    await pRetry(() => tryOnce(url, wait === 0 ? answerTimeout : deadline - performance.now(), signal), {
      retries: wait === 0 ? 0 : Infinity,
      minTimeout: 100,
      maxTimeout: 2_000,
      maxRetryTime: wait,
      ...(signal && { signal }),
      shouldRetry: ({ error }) => explain(error)?.passing === true,
      onFailedAttempt: ({ error }) => {
        const trouble = explain(error);
        if (told || trouble?.passing !== true || wait === 0) return;
        told = true;
        say(
          `Waiting for the database at ${placeOf(url)}, which ${trouble.what}: for ${wait / 1_000} s at most (DATABASE_WAIT_SECONDS).`,
        );
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    const trouble = explain(error);
    if (!trouble) throw error;
    const waited = trouble.passing && wait > 0 ? ` after ${wait / 1_000} s of waiting` : '';
    throw new DatabaseUnavailableError(
      `The database at ${placeOf(url)} ${trouble.what}${waited}. ${trouble.remedy}`,
      { cause: error },
    );
  }
}

/** Milliseconds. The last try is not to fail for having had no time. */
const shortestTry = 2_000;

async function tryOnce(url: string, limit: number, signal: AbortSignal | undefined): Promise<void> {
  const socket = new Socket();
  const timeout = Math.max(Math.min(limit, answerTimeout), shortestTry);
  const client = new pg.Client({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    // What the pool sends too, and PgBouncer refuses unless it is told otherwise.
    statement_timeout: timeout,
    application_name: 'chatledger start',
  });
  client.on('error', () => undefined);
  const drop = () => socket.destroy();
  signal?.addEventListener('abort', drop);
  try {
    await client.connect();
    await client.query('SELECT 1');
    // Nobody waits for its end, which one that is stuck would hold up.
    client.end().catch(() => undefined);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', drop);
  }
}
