import type pg from 'pg';

export type PlanMode = 'force_custom_plan' | 'force_generic_plan';

/** A statement as it was sent. */
export interface SentStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A scan of a table or an index, and the rows that it looked at in all its loops. */
export interface Scan {
  readonly node: string;
  readonly table: string;
  readonly index: string | undefined;
  readonly rows: number;
}

export interface Explained {
  readonly scans: readonly Scan[];
  /** Pages of 8 kB that it touched in PostgreSQL's own memory, found there or fetched into it. */
  readonly buffers: number;
}

export declare const planCases: readonly (readonly [name: string, mode: PlanMode, prepare: string])[];
export function explain(client: pg.ClientBase, mode: PlanMode, sent: SentStatement): Promise<Explained>;
export function isOfSweeper(text: string): boolean;
