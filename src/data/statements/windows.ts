/** A stretch of an ordered list, as the database reads it. Bounds are exclusive positions in the order of the list. */
export interface Window<Position> {
  /** From which end rows are taken. They come back in the order of the list either way. */
  readonly from: 'start' | 'end';
  /** Rows at most. One more is read, to know whether the list goes on. */
  readonly limit: number;
  /** Rows to leave out first, counted from the end that `from` names. */
  readonly offset: number;
  readonly after: Position | null;
  readonly before: Position | null;
}

/** The rows of a window. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether the list goes on behind the far end: after the last row when taken from the start, else before the first. */
  readonly more: boolean;
}

/** Makes the page out of up to `limit + 1` rows in the order in which they were taken. */
export function toPage<Row>(taken: readonly Row[], window: Window<unknown>): Page<Row> {
  const rows = taken.slice(0, window.limit);
  if (window.from === 'end') rows.reverse();
  return { rows, more: taken.length > window.limit };
}
