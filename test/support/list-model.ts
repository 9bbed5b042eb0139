/** The arguments of a connection; positions are values of the list, which need not be in it. */
export interface WindowOfArguments<Item> {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
  readonly after?: Item | undefined;
  readonly before?: Item | undefined;
  readonly offset?: number | undefined;
}

export interface WindowOf<Item> {
  readonly page: readonly Item[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * What a connection must give, worked out over an ordinary list.
 *
 * @param items in the order of the list, which is that of `compare`
 * @param from the end from which a window is taken that names neither
 */
export function windowOf<Item>(
  items: readonly Item[],
  { first, last, after, before, offset = 0 }: WindowOfArguments<Item>,
  from: 'start' | 'end',
  compare: (a: Item, b: Item) => number = (a, b) => (a < b ? -1 : a > b ? 1 : 0),
): WindowOf<Item> {
  const isAfter = (item: Item) => after === undefined || compare(item, after) > 0;
  const isBefore = (item: Item) => before === undefined || compare(item, before) < 0;
  const between = items.filter((item) => isAfter(item) && isBefore(item));
  const atStart =
    first !== undefined ||
    (last === undefined && (after !== undefined || (before === undefined && from === 'start')));
  const page = atStart
    ? between.slice(offset, offset + (first ?? 1000))
    : between.slice(Math.max(0, between.length - (last ?? 1000)));

  const [head, tail] = [page.at(0), page.at(-1)];
  if (head !== undefined && tail !== undefined) {
    return {
      page,
      hasPreviousPage: items.some((item) => compare(item, head) < 0),
      hasNextPage: items.some((item) => compare(item, tail) > 0),
    };
  }
  // An empty page stands at the place from which it would have been taken.
  const passed = between.slice(0, offset);
  return {
    page,
    hasPreviousPage: atStart
      ? passed.length > 0 || items.some((item) => !isAfter(item))
      : between.length > 0 || items.some((item) => !isAfter(item)),
    hasNextPage: atStart
      ? between.length > passed.length || items.some((item) => !isBefore(item))
      : items.some((item) => !isBefore(item)),
  };
}

/** Every mixture of sizes and cursors that a connection takes, by size. */
export function combinations<Item>(
  places: readonly Item[],
  sizes: readonly number[],
): { size: string; windows: WindowOfArguments<Item>[] }[] {
  const limits = [{}, ...sizes.map((first) => ({ first })), ...sizes.map((last) => ({ last }))];
  const starts = [{}, ...places.map((after) => ({ after }))];
  const ends = [{}, ...places.map((before) => ({ before }))];
  return limits.map((limit) => ({
    size: JSON.stringify(limit),
    windows: starts.flatMap((start) => ends.map((end) => ({ ...limit, ...start, ...end }))),
  }));
}
