/** A word that stands in a document as it is: the value of an enum, a number that JavaScript does not have. */
export class Raw {
  constructor(readonly word: string) {}

  /** Marked, for whoever writes JSON to find. */
  toJSON(): string {
    return `__raw:${this.word}`;
  }
}

/** A value as JSON writes it, with the words of `Raw` as they are. */
export function rawText(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space).replaceAll(/"__raw:([^"]*)"/g, '$1');
}

/** A value as a document writes it. */
export function literal(value: unknown): string {
  if (value instanceof Raw) return value.word;
  if (Array.isArray(value)) return `[${value.map(literal).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${name}: ${literal(field)}`).join(' ')}}`;
  }
  return JSON.stringify(value);
}

export function withoutUndefined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
