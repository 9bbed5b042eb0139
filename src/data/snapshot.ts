/** Which transactions had committed, or been rolled back, at a moment: those before `next` that are not `open`. */
export interface Snapshot {
  /** The first id behind all transactions that were over. */
  readonly next: number;
  /** Ids before `next` of transactions that were not over, in ascending order. */
  readonly open: readonly number[];
}

/** What PostgreSQL writes: `xmin:xmax:xip,...`. Ids count from the birth of the database, and stay below 2^53. */
export function parseSnapshot(text: string): Snapshot {
  const [, next = '', open = ''] = text.split(':');
  return { next: Number(next), open: open === '' ? [] : open.split(',').map(Number) };
}
