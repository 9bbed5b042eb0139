import { InvalidInputError } from '../errors.js';
import type { Window } from '../data/statements/windows.js';
import type { CursorFormat } from './cursor.js';
import { integer, parseInput } from './input.js';
import { maxOffset, maxPage } from './limits.js';

/** The arguments of a connection, as GraphQL gives them. */
export interface WindowArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
  readonly offset?: number | null | undefined;
}

export interface WindowDefaults {
  /** Nodes when neither `first` nor `last` is given. */
  readonly size: number;
  /** The end from which they are taken when no argument says it. */
  readonly from: 'start' | 'end';
  /** Whether it is to be known if the list goes on. */
  readonly peek: boolean;
}

/**
 * The window that the arguments of a connection mean.
 *
 * `first` takes from the start (or behind `after`), `last` from the end (or before `before`). Without either, a
 * cursor alone says the direction; without any argument the defaults do. An empty `after` is the start of the list, an
 * empty `before` its end.
 *
 * @throws InvalidInputError naming the argument
 */
export function toWindow<Position>(
  { first, after, last, before, offset }: WindowArguments,
  cursors: CursorFormat<Position>,
  defaults: WindowDefaults,
): Window<Position> {
  if (first != null && last != null) {
    throw new InvalidInputError('Use first or last, not both.', ['last']);
  }
  const from = first != null ? 'start' : last != null ? 'end' : (fromCursors(after, before) ?? defaults.from);
  if (offset != null && offset !== 0 && from === 'end') {
    throw new InvalidInputError('Counts from the start of the list: use it with first and after.', [
      'offset',
    ]);
  }
  return {
    from,
    limit: optional(first, 'first', pageSize) ?? optional(last, 'last', pageSize) ?? defaults.size,
    peek: defaults.peek,
    offset: optional(offset, 'offset', skipped) ?? 0,
    after: cursors.decode(after, 'after'),
    before: cursors.decode(before, 'before'),
  };
}

function fromCursors(after: string | null | undefined, before: string | null | undefined) {
  if (after != null) return 'start';
  if (before != null) return 'end';
  return undefined;
}

const pageSize = integer(0, maxPage);
const skipped = integer(0, maxOffset);

function optional(
  value: number | null | undefined,
  argument: string,
  range: typeof pageSize,
): number | undefined {
  return value == null ? undefined : parseInput(range, value, [argument]);
}
