import type pg from 'pg';
import type { RequestScope } from './request-scope.js';
import type { Statement } from './statement.js';

/** What takes hand-written statements. */
export interface Queryable {
  /**
   * Sends one statement and gives its rows.
   * @throws DatabaseError
   */
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/** A statement with its values. */
export interface Query {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** What became of statements that were sent together: the rows of each, or its error. */
export type Results = readonly PromiseSettledResult<unknown[]>[];

/** Sends hand-written statements, those of a request within its scope. */
export interface Sender extends Queryable {
  /**
   * Sends statements over one connection without waiting in between, and gives the rows of each, or its error. They
   * are no transaction: one that fails fails alone.
   *
   * @param scope when it is aborted, they are not sent, or cancelled if they are under way. Not for writes.
   * @throws DatabaseError when there is no connection, ClientDisconnectedError
   */
  queryTogether(queries: readonly Query[], scope?: RequestScope): Promise<Results>;
  /** Cancels what is under way for a scope that was aborted. */
  cancelReads(scope: RequestScope): void;
}
