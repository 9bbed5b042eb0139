import { GraphQLError } from 'graphql';
import { InvalidInputError } from '../errors.js';
import { findBadNumber, type BadNumber } from '../ledger/json-numbers.js';

// Of a number that was changed when its JSON was parsed, nothing can be told later. So variables are looked at as
// they arrive, and the pipeline refuses what was found.

/** @param body what the text of the body holds, if that is JSON */
export function badNumberInBody(text: string, body: unknown): BadNumber | undefined {
  if (typeof body !== 'object' || body === null || !('variables' in body)) return undefined;
  return findBadNumber(text, body.variables, ['variables']);
}

/** The same for variables in the address of a GET. */
export function badNumberInUrl(address: string): BadNumber | undefined {
  try {
    const text = new URL(address, 'http://localhost').searchParams.get('variables');
    return text === null ? undefined : findBadNumber(text, JSON.parse(text));
  } catch {
    // No JSON, as will be said.
    return undefined;
  }
}

export function badNumberError({ message, path }: BadNumber): GraphQLError {
  return new GraphQLError(message, { originalError: new InvalidInputError(message, path) });
}
