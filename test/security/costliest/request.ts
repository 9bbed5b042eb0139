import type { Random } from '../../support/chaos/random.js';

/** A field with its selection, or an inline fragment. */
export interface Part {
  /** Name of the field; empty for an inline fragment. */
  readonly field: string;
  /** Type that holds the field; that of an inline fragment. */
  readonly on: string;
  /** How often it stands there. */
  readonly copies: number;
  /** Whether the copies have aliases. The others are one field in the answer. */
  readonly aliased: boolean;
  readonly arguments: readonly Argument[];
  readonly parts: readonly Part[];
}

export interface Argument {
  readonly name: string;
  /** As GraphQL writes it. */
  readonly type: string;
  readonly value: unknown;
}

/** A request in a form that can be changed. */
export interface Request {
  readonly operation: 'query' | 'mutation';
  readonly parts: readonly Part[];
}

export interface Body {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly extensions: { readonly cost: true };
}

/** The body of a request. All arguments are variables, and selections of several copies are fragments. */
export function bodyOf({ operation, parts }: Request): Body {
  const variables: Record<string, unknown> = {};
  const definitions: string[] = [];
  const fragments: string[] = [];
  let aliases = 0;

  const write = (part: Part): string => {
    const given = part.arguments.map(({ name, type, value }) => {
      const variable = `v${definitions.length}`;
      definitions.push(`$${variable}: ${type}`);
      variables[variable] = value;
      return `${name}: $${variable}`;
    });
    let selection = part.parts.length === 0 ? '' : `{ ${part.parts.map(write).join(' ')} }`;
    if (part.field === '') return `... on ${part.on} ${selection}`;
    const parameters = given.length === 0 ? '' : `(${given.join(', ')})`;
    if (part.copies > 1 && part.parts.length > 0) {
      fragments.push(`fragment F${fragments.length} on ${typeNames.get(part) ?? ''} ${selection}`);
      selection = `{ ...F${fragments.length - 1} }`;
    }
    const text = `${part.field}${parameters} ${selection}`;
    return Array.from({ length: part.copies }, () =>
      part.aliased ? `a${(aliases += 1)}: ${text}` : text,
    ).join(' ');
  };

  const selection = parts.map(write).join(' ');
  const head = definitions.length === 0 ? '' : `(${definitions.join(', ')})`;
  return {
    query: `${operation} ${head} { ${selection} } ${fragments.join(' ')}`,
    variables,
    extensions: { cost: true },
  };
}

/** Types that fields give, for their fragments. */
const typeNames = new WeakMap<Part, string>();

/** Notes which type a field gives. */
export function giving(part: Part, type: string): Part {
  typeNames.set(part, type);
  return part;
}

export function typeGivenBy(part: Part): string {
  return typeNames.get(part) ?? part.on;
}

/** Every part of a request, with what is around it. */
export function partsOf({ parts }: Request): Part[] {
  const all: Part[] = [];
  const visit = (part: Part): void => {
    all.push(part);
    part.parts.forEach(visit);
  };
  parts.forEach(visit);
  return all;
}

/** The same request with one part replaced; without it when `by` is null. */
export function replaced(request: Request, part: Part, by: Part | null): Request {
  const inList = (parts: readonly Part[]): Part[] =>
    parts.flatMap((each) => {
      if (each === part) return by ?? [];
      const inside = inList(each.parts);
      if (inside.length === each.parts.length && inside.every((one, n) => one === each.parts[n])) return each;
      // Nothing may be selected of nothing.
      return inside.length === 0 ? [] : giving({ ...each, parts: inside }, typeGivenBy(each));
    });
  return { ...request, parts: inList(request.parts) };
}

/** Which fields a request begins with, and of a query those beneath them. */
export function kindOf({ operation, parts }: Request): string {
  const names = new Set<string>();
  const visit = ({ field, parts: inside }: Part, depth: number): void => {
    if (field !== '' && inside.length > 0) names.add(field);
    if (depth > 0) for (const each of inside) visit(each, field === '' ? depth : depth - 1);
  };
  for (const part of parts) visit(part, operation === 'query' ? 1 : 0);
  return `${operation} ${[...names].sort().join(' ')}`;
}

/** What a request asks for, in a line. */
export function describe({ operation, parts }: Request): string {
  const write = ({ field, on, copies, aliased, arguments: given, parts: inside }: Part): string => {
    const times = copies === 1 ? '' : `${copies} ${aliased ? 'aliases of ' : 'times '}`;
    const values = given.map(({ name, value }) => `${name}: ${short(value)}`).join(', ');
    const selection = inside.length === 0 ? '' : ` { ${inside.map(write).join(' ')} }`;
    return `${times}${field || `... on ${on}`}${values && `(${values})`}${selection}`;
  };
  return `${operation} { ${parts.map(write).join(' ')} }`;
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  if (Array.isArray(value)) {
    const distinct = new Set(value.map((each) => JSON.stringify(each))).size;
    return distinct < value.length
      ? `${value.length} items, ${distinct} of them different`
      : `${value.length} items`;
  }
  if (text.length < 12) return text;
  return typeof value === 'string' && text.length < 50 ? 'id' : `${Math.ceil(text.length / 1_000)} kB`;
}

/** One of several, the first ones more often. */
export function pickEarly<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random.next() ** 2 * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}
