import { createHash } from 'node:crypto';

/** SHA-256 of a JSON value, in hexadecimal. The order of keys counts, so put them down in a fixed one. */
export function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
