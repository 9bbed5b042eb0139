import { ForbiddenError, InvalidInputError, type InputPath } from '../errors.js';
import { identifier, parseInput } from './input.js';
import type { Ledger } from './ledger.js';

/**
 * The user on whose behalf something is done: users act for themselves, services say for whom.
 *
 * @param userId what the caller asked for, if anything
 * @param at where it stands in the input
 * @throws ForbiddenError when a user names somebody else, InvalidInputError when a service names nobody
 */
export function actingUser({ owner }: Ledger, userId: string | null | undefined, at: InputPath): string {
  const asked = userId == null ? undefined : parseInput(identifier, userId, at);
  if (owner === null) {
    if (asked === undefined)
      throw new InvalidInputError('A service says for which user: give the userId.', at);
    return asked;
  }
  if (asked !== undefined && asked !== owner) throw new ForbiddenError('A user acts for itself alone.');
  return owner;
}
