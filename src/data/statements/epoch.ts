import { DatabaseError } from '../database-error.js';
import type { Queryable } from '../database.js';
import { statement } from '../statement.js';

// What differs between two states of a database of which one does not continue the other. Transaction ids and
// revisions that were read in one of them mean nothing in the other.
const parts = [
  // A dump that was restored elsewhere.
  '(SELECT system_identifier FROM pg_control_system())::text',
  // A standby that took over, or a backup that was restored: either may lack the last changes.
  'left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)',
  // A crash, which resets these statistics: PostgreSQL may then give transaction ids a second time whose transactions
  // were over, but not on disk.
  'extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time())::text',
];

/**
 * SQL for the epoch of the database: a text that changes when what was read before need not be continued by what is
 * read now. A database that does not give a part of it, as some services do not, goes without that.
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
