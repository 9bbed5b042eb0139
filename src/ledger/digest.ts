import { hash } from 'node:crypto';

/** SHA-256 of a JSON value, in hexadecimal. The order of keys counts, so put them down in a fixed one. */
export function digestOf(value: object): string {
  return hash('sha256', JSON.stringify(value));
}
