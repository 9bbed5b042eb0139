import { expect } from '@jest/globals';
import { retryableByCode } from '../../src/errors.js';
import type { ReceivedError } from './client.js';

/** What no error may tell: statements, the driver, files, stacks. */
const insides =
  /\b(SELECT|INSERT|UPDATE|DELETE FROM|RETURNING|prisma|postgres|pg_|node_modules|ECONN\w*|SQLSTATE)\b|\/src\/|\/dist\/|\.[jt]s:\d|\n {4}at |invocation/;

/** Holds what is true of every error that leaves the server, and gives the codes. */
export function codesOf(errors: readonly ReceivedError[], requestId?: string | null): string[] {
  expect(errors.length).toBeGreaterThan(0);
  return errors.map(({ message, extensions }) => {
    expect(Object.keys(retryableByCode)).toContain(extensions.code);
    expect(extensions.retryable).toBe(retryableByCode[extensions.code as keyof typeof retryableByCode]);
    expect(extensions.requestId).toMatch(/^[\w.:-]{1,100}$/);
    if (requestId != null) expect(extensions.requestId).toBe(requestId);
    expect(Object.keys(extensions).sort()).toEqual(
      ['code', ...('path' in extensions ? ['path'] : []), 'requestId', 'retryable'].sort(),
    );
    expect(message).not.toBe('');
    expect(message.length).toBeLessThanOrEqual(1_000);
    expect(message).not.toMatch(insides);
    return extensions.code;
  });
}
