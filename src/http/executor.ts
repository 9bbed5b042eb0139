import {
  execute,
  getOperationAST,
  GraphQLError,
  Kind,
  isNonNullType,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';

/** Runs queries and mutations. */
export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** A document that comes this often is worth compiling, which takes milliseconds. */
const worthCompiling = 3;

/** Documents at most of which compiled code is kept. */
const kept = 300;

/**
 * An executor that compiles documents which come again and again. graphql-js is the measure of what it answers: it
 * runs whatever comes seldom or can't be compiled, and finds the words for values that do not fit.
 */
export function createExecutor(): Execute {
  const operations = new LRUCache<DocumentNode, Map<string, Operation>>({ max: kept });

  function operationOf({ document, operationName }: ExecutionArgs): Operation {
    let ofDocument = operations.get(document);
    if (!ofDocument) operations.set(document, (ofDocument = new Map<string, Operation>()));
    const name = operationName ?? '';
    let operation = ofDocument.get(name);
    if (!operation) ofDocument.set(name, (operation = { uses: 0, compiled: undefined }));
    return operation;
  }

  return (args) => {
    const operation = operationOf(args);
    operation.uses += 1;
    if (operation.uses === worthCompiling) operation.compiled = compile(args);
    const { compiled } = operation;
    if (!compiled) return executeReference(args);
    const result = compiled.query(args.rootValue, args.contextValue, args.variableValues);
    return result instanceof Promise
      ? result.then((settled) => conclude(args, settled))
      : conclude(args, result);
  };
}

interface Operation {
  uses: number;
  compiled: CompiledQuery | undefined;
}

function compile({ schema, document, operationName }: ExecutionArgs): CompiledQuery | undefined {
  if (mayMisfit(schema, document)) return undefined;
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  return isCompiledQuery(compiled) ? compiled : undefined;
}

/**
 * Whether a variable that can be null stands where null is refused, as its default value allows it. It is refused
 * only while fields are resolved then, and compiled code lets it pass.
 */
function mayMisfit(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  const nullable = new Set(document.definitions.flatMap(nullableVariables));
  let found = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Variable({ name }) {
        if (isNonNullType(types.getInputType()) && nullable.has(name.value)) found = true;
      },
    }),
  );
  return found;
}

function nullableVariables(definition: DefinitionNode): string[] {
  if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
  return (definition.variableDefinitions ?? []).flatMap(({ variable, type }) =>
    type.kind === Kind.NON_NULL_TYPE ? [] : [variable.name.value],
  );
}

/** graphql-js itself. */
export function executeReference(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  // Each of these errors quotes the value that it refuses, in full.
  return execute({ ...args, options: { maxCoercionErrors: 5 } });
}

function conclude(args: ExecutionArgs, result: ExecutionResult): ExecutionResult | Promise<ExecutionResult> {
  const { errors } = result;
  if (!errors) return result;
  // The variables did not fit, so nothing has run. And a query does no harm when it is run again.
  if (!('data' in result) || (isQuery(args) && errors.some(({ originalError }) => !originalError)))
    return executeReference(args);
  // In the order in which graphql-js has them.
  return { errors: errors.map((error) => located(error, args.document)), data: result.data ?? null };
}

function isQuery({ document, operationName }: ExecutionArgs): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;
}

/** An error of the compiled code, which is none of graphql-js' class and knows its place only as a line. */
function located({ message, path, locations, originalError }: GraphQLError, { loc }: DocumentNode) {
  return new GraphQLError(message, {
    source: loc?.source ?? null,
    positions: loc
      ? (locations ?? []).map(({ line, column }) => offsetOf(loc.source.body, line, column))
      : null,
    path: path ?? null,
    originalError: originalError ?? null,
  });
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text.split(/\r\n|[\n\r]/, line - 1);
  let offset = 0;
  for (const each of before)
    offset = offset + each.length + (text.startsWith('\r\n', offset + each.length) ? 2 : 1);
  return offset + column - 1;
}
