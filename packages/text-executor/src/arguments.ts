import {
  getArgumentValues,
  isNonNullType,
  Kind,
  valueFromAST,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type ValueNode,
} from 'graphql';

type Values = Record<string, unknown>;

/** Reads the arguments of a field out of the variables of a request. @throws GraphQLError when one does not fit */
export type ReadArguments = (variables: Values) => Values;

/** Where an argument has its value. */
type Source =
  | { readonly kind: 'constant'; readonly name: string; readonly value: unknown }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly from: string;
      readonly argument: GraphQLArgument;
    };

const none = {};

/**
 * Looks once through the arguments of a field of a valid document. Those that are variables, or constants without
 * parts, are taken from where they are; for all others graphql-js is asked each time.
 */
export function argumentReader(definition: GraphQLField<unknown, unknown>, node: FieldNode): ReadArguments {
  if (definition.args.length === 0) return () => none;
  const general: ReadArguments = (variables) => getArgumentValues(definition, node, variables);
  const sources: Source[] = [];
  for (const argument of definition.args) {
    const given = node.arguments?.find(({ name }) => name.value === argument.name)?.value;
    const source = sourceOf(argument, given);
    if (!source) return general;
    if (source.kind === 'variable' || source.value !== undefined) sources.push(source);
  }
  return (variables) => {
    const values: Values = {};
    for (const source of sources) {
      if (source.kind === 'constant') values[source.name] = source.value;
      else if (Object.hasOwn(variables, source.from)) {
        const value = variables[source.from];
        if (value === undefined || (value === null && isNonNullType(source.argument.type)))
          return general(variables);
        values[source.name] = value;
      } else if (source.argument.defaultValue !== undefined)
        values[source.name] = source.argument.defaultValue;
      else if (isNonNullType(source.argument.type)) return general(variables);
    }
    return values;
  };
}

/** Undefined for what graphql-js has to read. The value is undefined for an argument that is absent. */
function sourceOf(argument: GraphQLArgument, given: ValueNode | undefined): Source | undefined {
  const { name, type, defaultValue } = argument;
  if (!given) {
    const isMissing = defaultValue === undefined && isNonNullType(type);
    return isMissing ? undefined : { kind: 'constant', name, value: defaultValue };
  }
  if (given.kind === Kind.VARIABLE) return { kind: 'variable', name, from: given.name.value, argument };
  // A resolver may change an object that it is given.
  if (given.kind === Kind.LIST || given.kind === Kind.OBJECT) return undefined;
  const value: unknown = valueFromAST(given, type);
  const isShared = value === undefined || (typeof value === 'object' && value !== null);
  return isShared ? undefined : { kind: 'constant', name, value };
}
