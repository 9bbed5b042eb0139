import { isEnumType, type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType } from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';

/** The JSON of a value; undefined where the general way has to find it. */
type WriteJson = (value: unknown) => string | undefined;

declare module 'graphql' {
  interface GraphQLScalarTypeExtensions {
    /** Writes values that are nearly JSON already, as `JSON.stringify(serialize(value))` would. */
    writeJson?: WriteJson;
  }
}

/** Writes values of a scalar or an enum as JSON. @throws what their `serialize` throws */
export function leafWriter(type: GraphQLLeafType): (value: unknown) => string {
  const quick = isEnumType(type) ? enumWriter(type) : quickWriter(type);
  return (value) => quick(value) ?? serialized(type, value);
}

function serialized(type: GraphQLLeafType, value: unknown): string {
  const result: unknown = type.serialize(value);
  // `JSON.stringify` has no text for functions and symbols.
  const text = result == null ? undefined : (JSON.stringify(result) as string | undefined);
  if (text !== undefined) return text;
  throw new Error(
    `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(result)}`,
  );
}

function enumWriter(type: GraphQLEnumType): WriteJson {
  const texts = new Map<unknown, string>(
    type.getValues().map(({ name, value }) => [value, JSON.stringify(name)]),
  );
  return (value) => texts.get(value);
}

function quickWriter(type: GraphQLScalarType): WriteJson {
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value) => (typeof value === 'string' ? JSON.stringify(value) : undefined);
    case 'Int':
      return (value) => (typeof value === 'number' && (value | 0) === value ? String(value) : undefined);
    case 'Boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined);
    default:
      return type.extensions.writeJson ?? (() => undefined);
  }
}
