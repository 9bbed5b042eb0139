import { isEnumType, type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType } from 'graphql';

/** The JSON of a value; undefined where the general way has to find it. */
type WriteJson = (value: unknown) => string | undefined;

declare module 'graphql' {
  interface GraphQLScalarTypeExtensions {
    /** Writes values that are nearly JSON already, as `JSON.stringify(serialize(value))` would. */
    writeJson?: WriteJson;
  }
}

/** Writes values of a scalar or an enum, as graphql-js would have them. @throws what their `serialize` throws */
export function leafWriter(type: GraphQLLeafType): (value: unknown) => string {
  const quick = isEnumType(type) ? enumWriter(type) : quickWriter(type);
  return (value) => quick(value) ?? serialized(type, value);
}

function serialized(type: GraphQLLeafType, value: unknown): string {
  const result: unknown = type.serialize(value);
  if (result == null) throw new Error(`The type ${type.name} has no form for a value.`);
  return JSON.stringify(result);
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
