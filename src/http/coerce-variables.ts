import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isSpecifiedScalarType,
  typeFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

/** Gives a value as its type has it. Undefined where graphql-js has to say what it is, or what is wrong with it. */
type Read = (value: unknown) => unknown;

/** The variables of a request as the definitions of its operation have them; undefined as above. */
export type ReadVariables = (
  values: Readonly<Record<string, unknown>>,
) => Record<string, unknown> | undefined;

/**
 * Looks once through what an operation takes. graphql-js does so with each request, and notes the path of each value
 * for the case that it does not fit.
 */
export function variableReader(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ReadVariables {
  const definitions = variableDefinitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node);
    const read = isInputType(type) ? readerOf(type) : unread;
    return { name: variable.name.value, read, mayBeAbsent: !isNonNullType(type) && !defaultValue };
  });
  return (values) => {
    // A name may be `__proto__`.
    const found = Object.create(null) as Record<string, unknown>;
    for (const { name, read, mayBeAbsent } of definitions) {
      if (!Object.hasOwn(values, name)) {
        if (mayBeAbsent) continue;
        return undefined;
      }
      const value = read(values[name]);
      if (value === undefined) return undefined;
      found[name] = value;
    }
    return found;
  };
}

/** Inputs in a list of the API that are looked at. None takes as many. */
export const maxInputs = 10_000;

const unread: Read = () => undefined;

const readers = new WeakMap<GraphQLInputType, Read>();

function readerOf(type: GraphQLInputType): Read {
  let reader = readers.get(type);
  if (!reader) {
    // A type may hold itself.
    readers.set(type, (value) => readerOf(type)(value));
    readers.set(type, (reader = makeReader(type)));
  }
  return reader;
}

function makeReader(type: GraphQLInputType): Read {
  if (isNonNullType(type)) {
    const read = readerOf(type.ofType);
    return (value) => (value == null ? undefined : read(value));
  }
  const read = isListType(type)
    ? listReader(readerOf(type.ofType), isInputObjectType(getNamedType(type)) ? maxInputs : Infinity)
    : isInputObjectType(type)
      ? objectReader(type)
      : leafReader(type);
  return (value) => (value === null ? null : read(value));
}

/** What a leaf refuses it quotes, so what is long and does not fit is not shown to it. */
function leafReader(type: GraphQLLeafType): Read {
  if (isEnumType(type))
    return (value) => (typeof value === 'string' ? (type.getValue(value)?.value as unknown) : undefined);
  const parse: Read = (value) => type.parseValue(value);
  if (!isSpecifiedScalarType(type)) {
    return (value) =>
      Array.isArray(value) || (typeof value === 'string' && value.length > 100) ? undefined : parse(value);
  }
  const takesText = type.name === 'String' || type.name === 'ID';
  return (value) =>
    typeof value === 'object' || (typeof value === 'string' && !takesText) ? undefined : parse(value);
}

function listReader(readItem: Read, most: number): Read {
  return (value) => {
    if (!Array.isArray(value) || value.length > most) return undefined;
    const items: unknown[] = [];
    for (const each of value) {
      const item = readItem(each);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  };
}

function objectReader(type: GraphQLInputObjectType): Read {
  if (type.isOneOf) return unread;
  const fields = Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => ({
    name,
    read: readerOf(fieldType),
    defaultValue,
    isRequired: isNonNullType(fieldType),
  }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const found: Record<string, unknown> = {};
    let known = 0;
    for (const { name, read, defaultValue, isRequired } of fields) {
      const given = (value as Record<string, unknown>)[name];
      if (given === undefined) {
        if (defaultValue !== undefined) found[name] = defaultValue;
        else if (isRequired) return undefined;
        continue;
      }
      const taken = read(given);
      if (taken === undefined) return undefined;
      found[name] = taken;
      known += 1;
    }
    return known === Object.keys(value).length ? found : undefined;
  };
}
