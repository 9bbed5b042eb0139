import {
  getNamedType,
  getOperationAST,
  GraphQLError,
  isInputObjectType,
  typeFromAST,
  type ExecutionArgs,
} from 'graphql';
import { InvalidInputError, type InputPath } from '../errors.js';
import { findBadNumber } from '../ledger/json-numbers.js';
import { findExcess } from './json-excess.js';

// Of a number that was changed when its JSON was parsed, nothing can be told later, and what holds too many values is not
// parsed at all. So variables are looked at as they arrive, and the pipeline refuses what was found.

/** A value among the variables of a request that is refused. */
export interface BadValue {
  readonly message: string;
  /** From the name of the variable on. */
  readonly path: InputPath;
  /** Whether the path of the error ends at the field that takes the JSON around the value. Default: it leads to the value. */
  readonly isOfField?: boolean;
}

/** A request as it came. */
export interface Parsed {
  /** Without its variables where those hold too much. */
  readonly body: unknown;
  readonly badValue: BadValue | undefined;
}

/**
 * Parses the JSON text of a request.
 *
 * @param place the names under which the variables stand, from the outside
 * @throws SyntaxError when it is no JSON, or holds too much outside of its variables
 */
export function parseRequest(text: string, bodyLimit: number, place: readonly string[]): Parsed {
  const excess = findExcess(text, bodyLimit, place);
  if (!excess) {
    const body: unknown = JSON.parse(text);
    return { body, badValue: findBadNumber(text, valueAt(body, place), place) };
  }
  const { path, rest } = excess;
  if (!path) throw new SyntaxError('The request holds too many values.');
  const message = 'Must not hold so many objects, lists and keys.';
  return { body: JSON.parse(rest), badValue: { message, path, isOfField: true } };
}

/** The number that is refused among the variables in the address of a GET. */
export function badNumberInUrl(address: string): BadValue | undefined {
  try {
    const text = new URL(address, 'http://localhost').searchParams.get('variables');
    return text === null ? undefined : findBadNumber(text, JSON.parse(text));
  } catch {
    // No JSON, as will be said.
    return undefined;
  }
}

export function badValueError(
  args: ExecutionArgs,
  { message, path, isOfField = false }: BadValue,
): GraphQLError {
  const place = isOfField ? fieldPath(args, path) : path;
  return new GraphQLError(message, { originalError: new InvalidInputError(message, place) });
}

/** The part of a path that leads through fields of inputs. */
function fieldPath({ schema, document, operationName }: ExecutionArgs, path: InputPath): InputPath {
  const [variable, ...inner] = path;
  if (variable === undefined) return [];
  const definition = getOperationAST(document, operationName)?.variableDefinitions?.find(
    ({ variable: { name } }) => name.value === variable,
  );
  let type = definition && getNamedType(typeFromAST(schema, definition.type));
  const place = [variable];
  let index: (string | number)[] = [];
  for (const key of inner) {
    if (typeof key === 'number') index.push(key);
    else {
      if (!isInputObjectType(type)) break;
      place.push(...index);
      index = [];
      const field = type.getFields()[key];
      if (!field) break;
      place.push(key);
      type = getNamedType(field.type);
    }
  }
  return place;
}

function valueAt(body: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>(
    (outer, name) =>
      typeof outer === 'object' && outer !== null ? (outer as Record<string, unknown>)[name] : undefined,
    body,
  );
}
