import type { PageInfoFieldsFragment } from './generated/documents.js';

/** A part of a list. Without anything: see the method that takes it. */
export interface PageOptions {
  /** So many from the start, or behind `after`: 0 to 1,000. */
  readonly first?: number | undefined;
  /** So many from the end, or before `before`: 0 to 1,000. */
  readonly last?: number | undefined;
  /** Only what comes after this cursor. */
  readonly after?: string | undefined;
  /** Only what comes before this cursor. */
  readonly before?: string | undefined;
}

/** A page of a list. The next one is `{ first, after: pageInfo.endCursor }`, the one before `{ last, before: pageInfo.startCursor }`. */
export interface Page<Node> {
  readonly nodes: Node[];
  readonly pageInfo: PageInfoFieldsFragment;
}

/** Nodes of one page of an iterator, when the caller does not say. */
const usualSize = 100;

/** How an iterator goes through a list. */
export interface IterateOptions {
  /** Nodes that are asked for at once: 1 to 1,000. 100 by default. Fewer where an answer would be too large. */
  readonly pageSize?: number | undefined;
  /** Which end it begins at. 'start' by default. */
  readonly from?: 'start' | 'end' | undefined;
}

/** The nodes of a list one by one, read page by page as they are wanted. */
export async function* iterate<Node>(
  read: (window: PageOptions) => Promise<Page<Node>>,
  { pageSize = usualSize, from = 'start' }: IterateOptions,
): AsyncGenerator<Node, void> {
  let size = pageSize;
  for (let cursor: string | undefined; ;) {
    let page: Page<Node>;
    try {
      page = await read(from === 'start' ? { first: size, after: cursor } : { last: size, before: cursor });
    } catch (error) {
      if (size === 1 || !isTooLarge(error)) throw error;
      size = Math.ceil(size / 4);
      continue;
    }
    size = Math.min(pageSize, 2 * size);
    const { nodes, pageInfo } = page;
    yield* from === 'start' ? nodes : nodes.reverse();
    const hasMore = from === 'start' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
    const next = from === 'start' ? pageInfo.endCursor : pageInfo.startCursor;
    if (!hasMore || next === null) return;
    cursor = next;
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ANSWER_TOO_LARGE';
}
