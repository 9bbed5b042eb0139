import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { errorCode } from './cluster-files.js';
import type { Site } from './site.js';

const answerWithinMs = 3_000;
const leaveWithinMs = 1_000;

/**
 * The advisory lock that everybody who uses the server holds shared. Advisory locks belong to one database: this one
 * lives in `postgres`, where it meets nobody else's.
 */
const lock = '1128812647, 18';

/** A connection that holds the shared lock for as long as it lives. */
export interface Keeper {
  /** Whether nobody else used the server when this one came. */
  readonly cameAlone: boolean;
  /** Resolves when the connection has ended, for whatever reason. Never rejects. */
  readonly lost: Promise<void>;
  /** Makes sure that the application's database exists. */
  ensureDatabase(): Promise<void>;
  /**
   * Gives the shared lock back. True for the last one: it then holds the lock alone, nobody can join any more, and
   * it has to stop the server. False as well when the server does not answer within a second.
   */
  isLastToLeave(): Promise<boolean>;
  /** Whether the connection still holds. */
  isOpen(): boolean;
  /** Ends the connection at once. */
  drop(): void;
}

/** What came of joining; `stopping` and `unreachable` pass by themselves. */
export type Enlistment =
  | { readonly outcome: 'joined'; readonly keeper: Keeper }
  | { readonly outcome: 'stopping' | 'unreachable' | 'wrong-password'; readonly cause: unknown };

/** Joins the users of the site's server on this port of 127.0.0.1. Never rejects. */
export async function enlist(
  { name, Client }: Pick<Site, 'name' | 'Client'>,
  port: number,
  password: string,
): Promise<Enlistment> {
  const socket = new Socket();
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: name,
    password,
    database: 'postgres',
    ssl: false,
    // Given, so that PGOPTIONS of the user's environment does not apply.
    options: `-c application_name=${name}-keeper`,
    stream: () => socket,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: answerWithinMs,
  });
  // Failures come with the promises below, and the end of an idle connection with `lost`.
  client.on('error', () => undefined);
  const lost = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  try {
    await client.connect();
    const { rows } = await within(
      answerWithinMs,
      client.query<{ joined: boolean; others: boolean }>(
        `SELECT pg_try_advisory_lock_shared(${lock}) AS joined,
                EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid) = (${lock})
                                               AND pid <> pg_backend_pid()) AS others`,
      ),
    );
    const [row] = rows;
    if (row?.joined === true) {
      return { outcome: 'joined', keeper: makeKeeper(name, client, socket, lost, !row.others) };
    }
    socket.destroy();
    return { outcome: 'stopping', cause: 'Another process is stopping it.' };
  } catch (error) {
    socket.destroy();
    const isPassword = ['28P01', '28000'].includes(errorCode(error) ?? '');
    return { outcome: isPassword ? 'wrong-password' : 'unreachable', cause: error };
  }
}

function makeKeeper(
  name: string,
  client: pg.Client,
  socket: Socket,
  lost: Promise<void>,
  cameAlone: boolean,
): Keeper {
  return {
    cameAlone,
    lost,
    ensureDatabase: async () => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 1) return;
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } catch (error) {
        // Another process was faster: the name is taken (42P04), or was taken meanwhile (23505).
        if (!['42P04', '23505'].includes(errorCode(error) ?? '')) throw error;
      }
    },
    isLastToLeave: async () => {
      // In this order: two who leave at once and first tried for it alone would each be in the other's way.
      try {
        await within(leaveWithinMs, client.query(`SELECT pg_advisory_unlock_shared(${lock})`));
        const { rows } = await within(
          leaveWithinMs,
          client.query<{ alone: boolean }>(`SELECT pg_try_advisory_lock(${lock}) AS alone`),
        );
        return rows[0]?.alone === true;
      } catch {
        return false;
      }
    },
    isOpen: () => !socket.destroyed,
    drop: () => {
      socket.destroy();
    },
  };
}

/** What `work` gives; rejects when that takes longer than `limitMs`. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`The database server has not answered within ${limitMs} ms.`);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    limit.catch(() => undefined);
    done.abort();
  }
}
