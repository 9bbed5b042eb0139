import type pg from 'pg';
import type { PatientQuery } from './connection.js';
import { DatabaseError } from './database-error.js';
import type { Health } from './health.js';
import { isWriting } from './statement.js';
import { ignore, type Release, type TakeConnection } from './take-connection.js';
import type { Leave, WriteLane } from './write-lane.js';

export interface PrismaPoolOptions {
  readonly takeConnection: TakeConnection;
  readonly health: Health;
  readonly lane: WriteLane;
}

/**
 * The pool as Prisma's adapter uses it: `query` for a statement by itself, `connect` for a transaction. Both keep to what
 * hand-written statements keep to: nothing is sent to a dead database, writes have places of their own, and one that is
 * not acknowledged is given up but not cancelled. Each transaction counts as a write.
 *
 * @returns what throws PrismaFailures, out of which `toDatabaseError` takes what Prisma wraps around them
 */
export function prismaPool(pool: pg.Pool, options: PrismaPoolOptions): pg.Pool {
  const { takeConnection, health, lane } = options;

  function borrow(isWrite: boolean): Promise<Loan> {
    return new Promise((resolve, fail) => {
      const reject = (reason: Error) => {
        fail(new PrismaFailure(reason));
      };
      const take = (leave: Leave | undefined) => {
        takeConnection((failure, client, release) => {
          if (client) resolve(new Loan(client, health, release, leave));
          else {
            leave?.();
            reject(failure ?? new DatabaseError('connection', undefined, undefined));
          }
        });
      };
      if (!isWrite) take(undefined);
      else if (!health.admitsWrites()) reject(new DatabaseError('down', undefined, undefined));
      else {
        lane.enter((leave) => {
          if (leave) take(leave);
          else reject(new DatabaseError('capacity', undefined, undefined));
        });
      }
    });
  }

  async function query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    const loan = await borrow(isWriting(config.text));
    try {
      return await loan.query(config);
    } finally {
      loan.release();
    }
  }

  return Object.assign(Object.create(pool) as pg.Pool, { query, connect: () => borrow(true) });
}

/** Prisma makes an error of its own out of each failure, which keeps what this one has in `meta`. */
class PrismaFailure extends Error {
  readonly code = 'DATABASE';
  readonly meta: { readonly cause: Error };
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.meta = { cause };
  }
}

/** A connection while Prisma has it. */
class Loan {
  readonly #judge: (error: Error) => Error;
  #underWay = 0;
  #isBroken = false;
  #isReleased = false;
  /** Why its write was given up. */
  #late: DatabaseError | undefined;

  /** @param leave gives back the place of a write; undefined for reads */
  constructor(
    private readonly client: pg.PoolClient,
    private readonly health: Health,
    private readonly giveBack: Release,
    private readonly leave: Leave | undefined,
  ) {
    this.#judge = health.judge(leave !== undefined);
    // A connection that breaks tells its statements, and says so once more.
    client.on('error', ignore);
  }

  query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.#late) return Promise.reject(new PrismaFailure(this.#late));
    const isWrite = this.leave !== undefined;
    const sent: pg.QueryConfig & Partial<PatientQuery> = isWrite ? { ...config, isPatient: true } : config;
    return new Promise((resolve, reject) => {
      const wait =
        isWrite &&
        this.health.awaitWrite(this.client, (reason) => {
          this.#late = reason;
          reject(new PrismaFailure(reason));
        });
      this.#underWay += 1;
      this.client.query(sent, (error: Error | null, result) => {
        if (wait) wait.end();
        this.#underWay -= 1;
        if (error) {
          // As the pool itself does: nobody knows what state an error leaves a connection in.
          this.#isBroken = true;
          reject(new PrismaFailure(this.#judge(error)));
        } else {
          this.health.answered(isWrite);
          resolve(result);
        }
        this.#end();
      });
    });
  }

  on(event: 'error', listener: (error: Error) => void): void {
    this.client.on(event, listener);
  }

  removeListener(event: 'error', listener: (error: Error) => void): void {
    this.client.off(event, listener);
  }

  release(): void {
    this.#isReleased = true;
    this.#end();
  }

  /** Gives the connection back as soon as nothing is under way: a write that was given up keeps it until its end. */
  #end(): void {
    if (!this.#isReleased || this.#underWay > 0) return;
    this.client.off('error', ignore);
    this.giveBack(this.#isBroken || this.#late !== undefined);
    this.leave?.();
  }
}
