import { createVariableCoercion } from '@chatledger/text-executor';
import {
  coerceInputValue,
  getNamedType,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  type ExecutionArgs,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';
import { InvalidInputError, type InputPath } from '../errors.js';
import { addPath } from './input-path.js';

type Variables = Readonly<Record<string, unknown>>;

/** The variables of a request as the definitions of its operation have them, or what is wrong with them. */
export interface TakenVariables {
  readonly errors?: readonly GraphQLError[];
  /** Undefined too when there is no such operation. */
  readonly values?: Record<string, unknown> | undefined;
}

/** Inputs in a list of the API that are looked at. None takes as many. */
const maxInputs = 10_000;

/** Mistakes that are told at most. */
const maxErrors = 5;

/**
 * Makes what reads variables. graphql-js finds the words for those that do not fit, but quotes the values in them, in
 * full and once for each mistake. So it is shown a copy in which long values are cut, and those fit exactly if the whole
 * ones do.
 */
export function createVariableReader(schema: GraphQLSchema): (args: ExecutionArgs) => TakenVariables {
  const coerce = createVariableCoercion(schema, { maxInputs });

  return ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return {};
    const given = variableValues ?? {};
    const values = coerce(operation, given);
    if (values) return { values };
    const definitions = operation.variableDefinitions ?? [];
    let cut: Variables;
    try {
      cut = cutVariables(schema, definitions, given);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return { errors: [new GraphQLError(error.message, { originalError: error })] };
    }
    const { errors } = getVariableValues(schema, definitions, cut, { maxErrors });
    if (!errors) return { values: getVariableValues(schema, definitions, given).coerced };
    addPaths(schema, cut, errors);
    return { errors };
  };
}

/** Characters of a text, and names of an object that it may not have, that are shown to graphql-js. */
const shown = { characters: 1_000, names: maxErrors + 1, values: 100 };

/** @throws InvalidInputError for a list that is so long that nothing takes it */
function cutVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
): Variables {
  return Object.fromEntries(
    definitions.flatMap(({ variable, type: node }) => {
      const name = variable.name.value;
      const type = typeFromAST(schema, node);
      return Object.hasOwn(given, name) && isInputType(type)
        ? [[name, cutValue(given[name], type, [name])]]
        : [];
    }),
  );
}

/** A value of which nothing is long that does not have to be. It fits exactly if the whole one does, at the same places. */
function cutValue(value: unknown, type: GraphQLInputType, path: InputPath): unknown {
  if (isNonNullType(type)) return cutValue(value, type.ofType, path);
  if (isListType(type)) {
    const { ofType } = type;
    if (!Array.isArray(value)) return cutValue(value, ofType, path);
    if (!isInputObjectType(getNamedType(ofType))) return value.map((item) => cutValue(item, ofType, path));
    if (value.length > maxInputs) throw new InvalidInputError(`Must be ${maxInputs} items at most.`, path);
    return value.map((item, index) => cutValue(item, ofType, [...path, index]));
  }
  if (isInputObjectType(type) && Array.isArray(value)) return value.slice(0, shown.names).map(briefly);
  if (isInputObjectType(type) && isObject(value)) return cutObject(value, type, path);
  if (typeof value === 'string') return value.slice(0, shown.characters);
  if (!isObject(value) || isShort(value)) return value;
  return Array.isArray(value) ? [] : {};
}

function cutObject(value: Variables, type: GraphQLInputObjectType, path: InputPath): Variables {
  const fields = type.getFields();
  let unknown = 0;
  const cut: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field) cut.push([name, cutValue(value[name], field.type, [...path, name])]);
    else if ((unknown += 1) <= shown.names) cut.push([name.slice(0, shown.characters), briefly(value[name])]);
  }
  return Object.fromEntries(cut);
}

function briefly(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, shown.characters);
  return isObject(value) && !isShort(value) ? {} : value;
}

/** Whether JSON can be quoted. */
function isShort(json: object): boolean {
  let left = shown.values;
  const look = (value: unknown): boolean => {
    left -= 1;
    if (left < 0) return false;
    if (typeof value === 'string') return value.length <= shown.characters;
    if (typeof value !== 'object' || value === null) return true;
    for (const name in value) {
      if (name.length > shown.characters || !look((value as Variables)[name])) return false;
    }
    return true;
  };
  return look(json);
}

function isObject(value: unknown): value is Variables {
  return typeof value === 'object' && value !== null;
}

/** Errors tell of a bad variable in words alone, and the words quote the caller. So graphql-js is asked again. */
function addPaths(schema: GraphQLSchema, values: Variables, errors: readonly GraphQLError[]): void {
  const byDefinition = new Map<VariableDefinitionNode, GraphQLError[]>();
  for (const error of errors) {
    const [node] = error.nodes ?? [];
    if (node?.kind !== Kind.VARIABLE_DEFINITION) continue;
    const others = byDefinition.get(node);
    if (others) others.push(error);
    else byDefinition.set(node, [error]);
  }
  for (const [definition, itsErrors] of byDefinition) {
    const name = definition.variable.name.value;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const paths = pathsInside(value, typeFromAST(schema, definition.type), itsErrors.length);
    for (const [index, error] of itsErrors.entries()) addPath(error, [name, ...(paths[index] ?? [])]);
  }
}

/** The paths inside a value at which graphql-js meets what it refuses, in its order, `wanted` at most. */
function pathsInside(value: unknown, type: ReturnType<typeof typeFromAST>, wanted: number): InputPath[] {
  const paths: InputPath[] = [];
  if (!isInputType(type) || value == null) return paths;
  const enough = new Error('Enough.');
  try {
    coerceInputValue(value, type, (path) => {
      paths.push(path);
      if (paths.length === wanted) throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return paths;
}
