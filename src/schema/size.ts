import type { GraphQLField } from 'graphql';
import { maxPage } from '../ledger/limits.js';

/**
 * How many values a field gives at most, as its arguments say: a number, or a list that stands among them. It stands in
 * the `extensions` of the field. Of a field that gives a list it counts that list, of any other the lists directly
 * beneath it, such as the nodes of a connection.
 */
export interface Size {
  /** Where the number or the list may stand: an argument, and fields inside it. The largest counts. */
  readonly from: readonly (readonly [argument: string, ...fields: string[]])[];
  /** Values when nothing stands there. */
  readonly otherwise: number;
  /** More is refused by the field itself. */
  readonly most: number;
  /** Whether they are written, which costs something before anything of them is selected. Default: false. */
  readonly isWritten?: boolean;
}

/** The size of a page. */
export function pageOf(otherwise: number): Size {
  return { from: [['first'], ['last']], otherwise, most: maxPage };
}

export function sizeOf({ extensions }: GraphQLField<unknown, unknown>): Size | undefined {
  return extensions['size'] as Size | undefined;
}

/** What a field that holds no others costs, in its `extensions`: those that ask the database for themselves. */
export const readsByItself = { cost: 1 };

/** 0 for those that come with their row. */
export function costOf({ extensions }: GraphQLField<unknown, unknown>): number {
  return Number(extensions['cost'] ?? 0);
}
