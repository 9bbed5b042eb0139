import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
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

/** Milliseconds in which the database must answer. */
const answerTimeout = 10_000;
/** Milliseconds between two tries to take a lock. */
const pollInterval = 100;

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

  async function tryLock(lock: string): Promise<boolean> {
    // Without parameters: the driver leaves a statement that has them open, and its snapshot with it.
    const { rows } = await client.query<{ locked: boolean }>(
      `/* migration_lock */ SELECT pg_try_advisory_xact_lock(${lock}) AS locked`,
    );
    return rows[0]?.locked === true;
  }

  async function acquire(lock: string, { wait, say }: Patience): Promise<void> {
    if (await tryLock(lock)) return;
    if (wait === 0) throw await stillLocked(lock, wait);
    say(
      `Waiting for another process that migrates the database: for ${wait / 1_000} s at most (DATABASE_WAIT_SECONDS).`,
    );
    // Not in a statement: that has a snapshot, for whose end in turn the one waits that builds indexes concurrently.
    const end = performance.now() + wait;
    while (performance.now() < end) {
      await setTimeout(Math.min(pollInterval, end - performance.now()));
      if (await tryLock(lock)) return;
    }
    throw await stillLocked(lock, wait);
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
