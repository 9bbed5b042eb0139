import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A hand-written statement: its text and the name under which connections keep it prepared. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Whether it may change something, so that its commit may have to wait for standbys. */
  readonly isWrite: boolean;
}

/**
 * @param name what the statement does, in snake_case: stands as a comment in front of the text, so that the
 *   database's own views and logs show it
 * @param text SQL with $1 ... for values. Variants (other columns, other bounds) are statements of their own under
 *   the same name.
 */
export function statement(name: string, text: string): Statement {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { name: `${name}:${digest}`, text: `/* ${name} */ ${text}`, isWrite: isWriting(text) };
}

/** Whether SQL may change something. */
export function isWriting(text: string): boolean {
  return /\b(?:INSERT|UPDATE|DELETE)\b/.test(text);
}

/** Characters of the statements that one family keeps, and of their keys: callers choose the columns and their names. */
const charactersKept = 1_000_000;

/** Keeps the statements that `build` made, by key: texts are put together and hashed once. */
export function statements<Variant>(
  keyOf: (variant: Variant) => string,
  build: (variant: Variant) => Statement,
): (variant: Variant) => Statement {
  const built = new LRUCache<string, Statement>({
    maxSize: charactersKept,
    sizeCalculation: ({ text }, key) => text.length + key.length,
  });
  return (variant) => {
    const key = keyOf(variant);
    let found = built.get(key);
    if (!found) {
      found = build(variant);
      built.set(key, found);
    }
    return found;
  };
}

/** The quoted list of columns of a table alias: `m."id", m."role"`. */
export function columnList(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}."${column}"`).join(', ');
}

/**
 * What all messages of an owner have in the column `ownerHash`; `owner` is SQL for the owner's id. Cut to what an index
 * carries cheaply, and still too long for anybody to find an id that gives the hash of somebody else's.
 */
export function ownerHash(owner: string): string {
  return `substring(sha256(convert_to(${owner}, 'UTF8')) FOR 8)`;
}

/**
 * The clause by which as many rows are read as a parameter says, in order of an index that has them so. The planner is
 * not to see the number: where it takes a table for short, because nobody has gathered statistics yet, it would read
 * and sort all that is there, sooner than go through the index. It sees parameters each time it plans for their values.
 */
export function limit(parameter: string): string {
  return `LIMIT (SELECT ${parameter}::int)`;
}
