import { hash } from 'node:crypto';

/** SHA-256 of JSON, in hexadecimal. The order of keys counts, so put them down in a fixed one. */
export function digestOf(json: string): string {
  return hash('sha256', json);
}
