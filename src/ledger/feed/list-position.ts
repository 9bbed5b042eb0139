import type { Snapshot } from '../../data/snapshot.js';

/** How far somebody has been told what happens to a list. */
export interface ListPosition {
  /** Of the database. What was told in another one need not have happened in this one. */
  readonly epoch: string;
  /** All that it has was told, and nothing else. */
  readonly told: Snapshot;
}

/**
 * What was told when a reading is told in the order of transactions: all that it has seen up to one of them, and
 * behind that what had been told before.
 */
export function toldThrough(told: Snapshot, seen: Snapshot, transaction: number): Snapshot {
  return {
    next: Math.max(told.next, transaction + 1),
    open: [...seen.open.filter((id) => id <= transaction), ...told.open.filter((id) => id > transaction)],
  };
}

/** What was told to all of several. */
export function toldToAll(all: readonly Snapshot[]): Snapshot {
  const next = Math.min(...all.map((each) => each.next));
  const open = new Set(all.flatMap((each) => each.open.filter((id) => id < next)));
  return { next, open: [...open].sort((a, b) => a - b) };
}

/** Whether a reading continues a position. Otherwise nobody knows what has happened in between. */
export function continues(reading: { readonly epoch: string; readonly seen: Snapshot }, from: ListPosition) {
  return reading.epoch === from.epoch && reading.seen.next >= from.told.next;
}
