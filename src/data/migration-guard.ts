import { Socket } from 'node:net';
import { DatabaseUnavailableError, placeOf } from './database-unavailable.js';
import { GuardedClient } from './guarded-client.js';
import { readOver, type Read } from './migration-history.js';
import type { Patience } from './reach-database.js';

/**
 * A connection that keeps others from migrating. All that it does is one transaction, with which its locks end: they
 * are held where a pooler gives a connection per transaction too, and never left behind there.
 */
export interface MigrationGuard {
  readonly read: Read;
  /**
   * Takes an advisory lock, for which it waits while somebody else has it.
   * @throws DatabaseUnavailableError when that takes too long
   */
  hold(lock: string, patience: Patience): Promise<void>;
  /** Waits until nobody has a lock, and leaves it to others. Throws as `hold`. */
  awaitFree(lock: string, patience: Patience): Promise<void>;
  /** Ends the transaction and the connection. Never throws. */
  readonly close: () => void;
  /** Cuts the connection. */
  readonly drop: () => void;
}

/** Milliseconds in which the database must answer what does not wait for locks. */
const answerTimeout = 10_000;

/** The transaction may have to do nothing for as long as somebody else migrates, or we do. */
const begin = `BEGIN; SELECT set_config(name, '0', true) FROM pg_settings
  WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`;

const findHolder = `/* migration_lock_holder */ SELECT l.pid, a.application_name AS name
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database()
    AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint
  LIMIT 1`;

/** @throws the driver's error when the database can't be reached */
export async function openMigrationGuard(url: string): Promise<MigrationGuard> {
  const socket = new Socket();
  const client = new GuardedClient({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: answerTimeout,
    query_timeout: answerTimeout,
    keepAlive: true,
    application_name: 'chatledger migrate',
  });
  // A cut connection also rejects the statement that is under way; this keeps it from ending the process.
  client.on('error', () => undefined);
  const drop = () => {
    socket.destroy();
  };
  try {
    await client.connect();
    await client.query(begin);
  } catch (error) {
    drop();
    throw error;
  }

  async function acquire(lock: string, { wait, say }: Patience): Promise<void> {
    const { rows } = await client.query<{ locked: boolean }>(
      '/* migration_try_lock */ SELECT pg_try_advisory_xact_lock($1::bigint) AS locked',
      [lock],
    );
    if (rows[0]?.locked === true) return;
    if (wait === 0) throw await stillLocked(lock, wait);
    say(
      `Waiting for another process that migrates the database: for ${wait / 1_000} s at most (DATABASE_WAIT_SECONDS).`,
    );
    await client.query(`SELECT set_config('lock_timeout', $1, true)`, [String(wait)]);
    const waiting = {
      text: '/* migration_lock */ SELECT pg_advisory_xact_lock($1::bigint)',
      values: [lock],
      query_timeout: wait + answerTimeout,
    };
    try {
      await client.query(waiting);
    } catch (error) {
      throw isLockTimeout(error) ? await stillLocked(lock, wait) : error;
    }
  }

  async function stillLocked(lock: string, wait: number): Promise<DatabaseUnavailableError> {
    await client.query('ROLLBACK');
    const { rows } = await client.query<{ pid: number; name: string }>(findHolder, [lock]);
    const [holder] = rows;
    const who = holder ? `process ${holder.pid} of it (${holder.name})` : 'another process';
    const remedy = holder ? `SELECT pg_terminate_backend(${holder.pid})` : 'pg_terminate_backend';
    return new DatabaseUnavailableError(
      `The database at ${placeOf(url)} is locked for a migration by ${who}, also after ${wait / 1_000} s of waiting ` +
        `(DATABASE_WAIT_SECONDS). Start again when that has ended, or end it: ${remedy}.`,
    );
  }

  return {
    read: readOver(client),
    hold: acquire,
    async awaitFree(lock, patience) {
      await client.query('SAVEPOINT before_lock');
      await acquire(lock, patience);
      await client.query('ROLLBACK TO SAVEPOINT before_lock');
    },
    close: () => {
      // Nobody waits for its end, which a server that is stuck would hold up.
      client.end().catch(() => undefined);
      socket.unref();
    },
    drop,
  };
}

/** Whether a statement was given up because it waited too long for a lock. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}
