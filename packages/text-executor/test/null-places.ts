interface Failure {
  readonly path?: readonly (string | number)[] | undefined;
}

/** The places where data is null because of errors, sorted, each once. */
export function nullPlaces(errors: readonly Failure[], data: unknown): string[] {
  return [...new Set(errors.map(({ path }) => JSON.stringify(nulledAt(data, path ?? []))))].sort();
}

/** The part of a path at whose end the data is null. */
function nulledAt(data: unknown, path: readonly (string | number)[]): (string | number)[] {
  let value = data;
  const walked: (string | number)[] = [];
  for (const key of path) {
    if (typeof value !== 'object' || value === null) break;
    value = (value as Record<string | number, unknown>)[key];
    walked.push(key);
  }
  return walked;
}
