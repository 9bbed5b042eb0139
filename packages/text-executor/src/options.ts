import type { ExecutionArgs, ExecutionResult } from 'graphql';

/** What a text executor does beyond what graphql-js does. */
export interface TextExecutorOptions {
  /**
   * The JSON text of a value that is JSON already; undefined for all other values. It is asked about each object that a
   * resolver gives, and its text is copied into the answer unread. Default: no value is JSON already.
   */
  readonly jsonOf?: JsonOf;
  /** A bound on the length of answers. Default: none. */
  readonly limit?: AnswerLimit;
  /** Runs what this executor has no plan for. Default: `execute` of graphql-js. */
  readonly fallback?: Fallback;
}

export type JsonOf = (value: object) => string | undefined;

export type Fallback = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

export interface AnswerLimit {
  /** Characters that the values of an answer may have, about. */
  readonly size: number;
  /**
   * The class of the error that a longer answer ends with. An error of this class ends the whole run wherever a
   * resolver throws it: `data` is null, and it is the only error.
   */
  readonly ErrorClass: new (size: number) => Error;
}
