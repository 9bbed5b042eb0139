import type { JsonText } from '../row-values.js';

/** A stretch of an ordered list, as the database reads it. Bounds are exclusive positions in the order of the list. */
export interface Window<Position> {
  /** From which end rows are taken. They come back in the order of the list either way. */
  readonly from: 'start' | 'end';
  /** Rows at most. */
  readonly limit: number;
  /** Whether it is to be known if the list goes on. One row more is read for that. */
  readonly peek: boolean;
  /** Rows to leave out first, counted from the end that `from` names. */
  readonly offset: number;
  readonly after: Position | null;
  readonly before: Position | null;
}

/** The rows of a window. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The rows as JSON, for who asked for that. `rows` is empty then. */
  readonly json?: JsonText;
  /**
   * Whether the list goes on behind the far end: after the last row when taken from the start, else before the first.
   * Only known when the window has `peek`.
   */
  readonly more: boolean;
}

/** How many rows are read of a window at most. */
export function rowsOf({ limit, peek }: Window<unknown>): number {
  return peek ? limit + 1 : limit;
}

/** Makes the page out of the rows of a window, in the order in which they were taken. */
export function toPage<Row>(taken: readonly Row[], window: Window<unknown>): Page<Row> {
  const rows = taken.slice(0, window.limit);
  if (window.from === 'end') rows.reverse();
  return { rows, more: taken.length > window.limit };
}
