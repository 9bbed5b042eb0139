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

export interface VariableOptions {
  /** Input objects that a list may have. Longer lists are left to graphql-js. Default: any number. */
  readonly maxInputs?: number;
}

/**
 * The variables of a request as the definitions of its operation have them. Undefined when one does not fit, or is of a
 * kind that is rare: `getVariableValues` of graphql-js then has the values, or the words for what is wrong.
 */
export type CoerceVariables = (
  operation: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
) => Record<string, unknown> | undefined;

/**
 * Creates what coerces variables. It looks once through what an operation takes, where graphql-js does so with each
 * request and notes the path of each value for the case that it does not fit.
 */
export function createVariableCoercion(
  schema: GraphQLSchema,
  options: VariableOptions = {},
): CoerceVariables {
  const reader = new TypeReader(options.maxInputs ?? Infinity);
  const operations = new WeakMap<OperationDefinitionNode, ReadAll>();
  return (operation, values) => {
    let read = operations.get(operation);
    if (!read) operations.set(operation, (read = readerOfAll(schema, reader, operation)));
    try {
      return read(values);
    } catch {
      // A scalar does not take its value.
      return undefined;
    }
  };
}

/** Reads a value as its type has it; undefined where graphql-js has to do it. */
type Read = (value: unknown) => unknown;

type ReadAll = (values: Readonly<Record<string, unknown>>) => Record<string, unknown> | undefined;

const unread: Read = () => undefined;

function readerOfAll(
  schema: GraphQLSchema,
  reader: TypeReader,
  { variableDefinitions = [] }: OperationDefinitionNode,
): ReadAll {
  const definitions = variableDefinitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node);
    const read = isInputType(type) ? reader.of(type) : unread;
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

/** Makes what reads values of types, once for each type. */
class TypeReader {
  readonly #known = new WeakMap<GraphQLInputType, Read>();

  constructor(private readonly maxInputs: number) {}

  of(type: GraphQLInputType): Read {
    let read = this.#known.get(type);
    if (!read) {
      // A type may hold itself.
      this.#known.set(type, (value) => this.of(type)(value));
      this.#known.set(type, (read = this.#make(type)));
    }
    return read;
  }

  #make(type: GraphQLInputType): Read {
    if (isNonNullType(type)) {
      const read = this.of(type.ofType);
      return (value) => (value == null ? undefined : read(value));
    }
    const read = isListType(type)
      ? listReader(this.of(type.ofType), isInputObjectType(getNamedType(type)) ? this.maxInputs : Infinity)
      : isInputObjectType(type)
        ? this.#object(type)
        : leafReader(type);
    return (value) => (value === null ? null : read(value));
  }

  #object(type: GraphQLInputObjectType): Read {
    if (type.isOneOf) return unread;
    const fields = Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => ({
      name,
      read: this.of(fieldType),
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
