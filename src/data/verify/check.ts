import type pg from 'pg';
import { statement } from '../statement.js';

/** Something that should not be: ids, numbers and words of ours by name. Never what somebody wrote. */
export type Finding = Readonly<Record<string, string | number | boolean | null>>;

/** What a check has found. */
export interface Found {
  /** How many findings there are. */
  readonly total: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

export interface CheckDescription {
  /** A short name such as `message-count`. */
  readonly name: string;
  /** What is the matter with each of its findings. */
  readonly what: string;
  /** A fault must not be. A notice is worth knowing, but data from outside or old data may well be so. */
  readonly severity: 'fault' | 'notice';
}

/** One thing that holds in every sound ledger. */
export interface Check extends CheckDescription {
  /**
   * Looks for what contradicts it, in one statement and in bounded memory, here and in the database.
   *
   * @param client inside a transaction that reads only
   * @param limit findings to give at most, 1 or more
   * @throws pg.DatabaseError
   */
  find(client: pg.ClientBase, limit: number): Promise<Found>;
}

/**
 * A check that is one query.
 *
 * @param query gives a row for each finding, of ids, integers, booleans and words of ours. What PostgreSQL has to
 *   remember of the tables on the way, it keeps in temporary files beyond its work_mem.
 */
export function sqlCheck(description: CheckDescription, query: string): Check {
  const { text } = statement(
    `verify_${description.name.replaceAll('-', '_')}`,
    `SELECT (count(*) OVER ())::int AS total, to_json(found) AS finding FROM (${query}) found ORDER BY found LIMIT $1`,
  );
  return {
    ...description,
    async find(client, limit) {
      const { rows } = await client.query<{ total: number; finding: Finding }>(text, [limit]);
      return { total: rows[0]?.total ?? 0, findings: rows.map(({ finding }) => finding) };
    },
  };
}
