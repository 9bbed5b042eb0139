import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import { ChatledgerError } from '../errors.js';
import {
  DatabaseError,
  isWithoutEffect,
  OutcomeUnknownError,
  type DatabaseErrorKind,
} from './database-error.js';
import type { RequestScope } from './request-scope.js';

const worthAnotherTry: Record<DatabaseErrorKind, boolean> = {
  unique: false,
  conflict: true,
  connection: true,
  capacity: false,
  timeout: false,
  down: false,
};

/** Milliseconds before the second try. */
const firstPause = 20;

/** Milliseconds from the beginning after which there is no other try: the caller has waited long enough. */
const patience = 4_000;

/**
 * Runs a whole write again after a passing fault of the database: three times at most, after 20, 60 and 180 ms and
 * up to as much again at random, and not once the tries before have taken 4 s. After a cut connection nobody knows
 * whether the write took effect, so it must be one that does no harm when it is done twice: with ids in it, or setting
 * values.
 *
 * @throws what the last try threw
 */
export async function withRetry<Result>(write: () => Promise<Result>): Promise<Result> {
  const begun = performance.now();
  const isWorthIt = (error: unknown) => isPassing(error) && performance.now() - begun < patience;
  try {
    return await write();
  } catch (error) {
    if (!isWorthIt(error)) throw error;
  }
  // Nearly all writes have ended by now, without what the library costs.
  await setTimeout(firstPause * (1 + Math.random()));
  return pRetry(write, {
    retries: 2,
    minTimeout: 3 * firstPause,
    factor: 3,
    randomize: true,
    shouldRetry: ({ error }) => isWorthIt(error),
  });
}

/**
 * Runs a write that a caller must not send again unless it is certain that it did nothing: without an id that would make
 * a replay of it. The scope notes it, because the other errors of its request must not invite a repetition either.
 *
 * @param attempt throws what the ledger refuses, so that a refusal is known to have done nothing
 * @param run makes one attempt, or several of which a later one finds what an earlier one did
 * @throws OutcomeUnknownError instead of a DatabaseError after which nobody knows
 */
export async function unrepeatable<Attempt, Result>(
  scope: RequestScope,
  attempt: () => Promise<Attempt>,
  run: (attempt: () => Promise<Attempt>) => Promise<Result>,
): Promise<Result> {
  let unknown = 0;
  const watched = async () => {
    try {
      return await attempt();
    } catch (error) {
      if (!isHarmless(error)) unknown += 1;
      throw error;
    }
  };
  scope.unrepeatableWrites += 1;
  try {
    return await run(watched);
  } catch (error) {
    if (unknown === 0) scope.unrepeatableWrites -= 1;
    else if (error instanceof DatabaseError) throw new OutcomeUnknownError(error);
    throw error;
  }
}

/** Whether it is certain that the write which failed so did nothing. */
function isHarmless(error: unknown): boolean {
  return error instanceof DatabaseError ? isWithoutEffect(error) : error instanceof ChatledgerError;
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseError && worthAnotherTry[error.kind];
}

/** A change that met another one each time is given up after so many tries, and can be tried again by the caller. */
const maxOvertaken = 20;

/**
 * Runs a change again, at once, as long as it finds that another one came between its statements.
 *
 * @param change gives undefined when it was overtaken
 * @throws DatabaseError of kind `conflict` when that happens time and again
 */
export async function retryOnRace<Result>(change: () => Promise<Result | undefined>): Promise<Result> {
  for (let tries = 0; tries < maxOvertaken; tries++) {
    const result = await change();
    if (result !== undefined) return result;
  }
  throw new DatabaseError('conflict', undefined, undefined);
}
