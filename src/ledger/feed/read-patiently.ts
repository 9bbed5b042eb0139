import { setTimeout } from 'node:timers/promises';
import { DatabaseError } from '../../data/database-error.js';
import { retryableByCode } from '../../errors.js';

/** Milliseconds after which a watcher reads again that could not. */
const afterFault = 1_000;

/**
 * Reads for somebody who can wait. After a passing fault of the database it gives nothing, a second later, and is to
 * be called again.
 *
 * @param signal ends the waiting
 * @throws what will not pass
 */
export async function readPatiently<Result extends object>(
  read: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DatabaseError && retryableByCode[error.code])) throw error;
    await setTimeout(afterFault, undefined, { signal, ref: false }).catch(() => undefined);
    return undefined;
  }
}
