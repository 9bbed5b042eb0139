const known = new WeakMap<object, string>();

/**
 * A text that is the same for equal values, with their fields in the same order, and for no others. That of a list is
 * kept as long as the list itself: lists of columns come with every request, from the plan of its document.
 */
export function keyOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (!Array.isArray(value)) {
    return `{${Object.entries(value)
      .map(([name, each]) => `${name}:${keyOf(each)}`)
      .join()}}`;
  }
  let key = known.get(value);
  if (key === undefined) known.set(value, (key = JSON.stringify(value)));
  return key;
}
