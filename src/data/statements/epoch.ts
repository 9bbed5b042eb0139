// SQL, not Prisma: a function of the database, which must come with what else a statement reads. By itself it could go
// through $queryRaw, which is SQL as well, for 4 times the CPU time.

import { DatabaseError } from '../database-error.js';
import type { Queryable } from '../queryable.js';
import { statement } from '../statement.js';

/**
 * SQL for the epoch of the database: revisions that were read in one epoch mean nothing in another. A sub-query, which
 * is run once for a statement, however many rows that has.
 */
export const epoch = '(SELECT chatledger_epoch())';

const current = statement('epoch', `SELECT ${epoch} AS epoch`);

/** The epoch of the database. */
export async function readEpoch(database: Queryable): Promise<string> {
  const [row] = await database.query<{ epoch: string }>(current, []);
  if (!row) throw new Error('The database did not say where it stands.');
  return row.epoch;
}

// Transaction ids that were read in one state of the database mean nothing in another one that does not continue it.
const parts = [
  epoch,
  // A crash, which resets these statistics: PostgreSQL may then give transaction ids a second time whose transactions
  // were over, but not on disk.
  'extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time())::text',
];

/**
 * SQL for the epoch of transaction ids: a text that changes when those that were read before may stand for others. A
 * database that does not give a part of it, as some services do not, goes without that.
 */
export function epochExpression(database: Queryable): Promise<string> {
  let expression = expressions.get(database);
  if (!expression) {
    expression = findExpression(database);
    expressions.set(database, expression);
    expression.catch(() => expressions.delete(database));
  }
  return expression;
}

const expressions = new WeakMap<Queryable, Promise<string>>();

async function findExpression(database: Queryable): Promise<string> {
  const given: string[] = [];
  for (const part of parts) if (await gives(database, part)) given.push(part);
  return `left(md5(concat_ws('/', ${["'1'", ...given].join(', ')})), 16)`;
}

async function gives(database: Queryable, part: string): Promise<boolean> {
  try {
    await database.query(statement('epoch_part', `SELECT ${part}`), []);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    return false;
  }
}
