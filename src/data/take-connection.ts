import type pg from 'pg';
import { DatabaseError } from './database-error.js';
import type { Health } from './health.js';

/** Gives a connection back; `true` ends it. */
export type Release = (isBroken: boolean) => void;

/** Takes a connection of the pool, unless the database is known to be dead. */
export type TakeConnection = (
  done: (failure: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void,
) => void;

export function connectionsOf(pool: pg.Pool, health: Health): TakeConnection {
  return (done) => {
    if (!health.admits()) {
      done(new DatabaseError('down', undefined, undefined), undefined, ignore);
      return;
    }
    pool.connect((error, client, release) => {
      if (client) done(undefined, client, release);
      else done(health.unconnected(error ?? new Error('The pool gave no connection.')), undefined, ignore);
    });
  };
}

export function ignore(): void {
  // The statements under way report the error.
}
