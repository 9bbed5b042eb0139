import { expect } from '@jest/globals';
import type { ReceivedError } from './client.js';
import { codesOf } from './coded-errors.js';
import type { RawAnswer } from './raw-http.js';

/** The one code of an answer that is an error in JSON, with all that belongs to it. */
export function codeOf({ headers, text }: RawAnswer): string | undefined {
  expect(headers['content-type']).toMatch(/^application\/json\b/);
  const { errors } = JSON.parse(text) as { errors: ReceivedError[] };
  const [code, ...others] = codesOf(errors, String(headers['x-request-id']));
  expect(others).toEqual([]);
  return code;
}
