import {
  BREAK,
  coerceInputValue,
  isInputType,
  Kind,
  typeFromAST,
  visit,
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type VariableDefinitionNode,
} from 'graphql';
import type { InputPath } from '../errors.js';

/**
 * Puts into the library's errors about a value where it stands in the input, as in all other errors about input:
 * into those of validation, which refuses values in the document.
 */
export function addDocumentPaths(document: DocumentNode, errors: readonly GraphQLError[]): void {
  const byNode = new Map<ASTNode, GraphQLError[]>();
  for (const error of errors) {
    const [node] = error.nodes ?? [];
    // Fields and operations have no values around them.
    if (!node || node.kind === Kind.FIELD || node.kind === Kind.VARIABLE_DEFINITION) continue;
    const others = byNode.get(node);
    if (others) others.push(error);
    else byNode.set(node, [error]);
  }
  if (byNode.size === 0) return;
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      const its = byNode.get(node);
      if (!its) return undefined;
      const path = inputPathOf(node, [...ancestors, ...(parent === undefined ? [] : [parent])]);
      for (const error of its) addPath(error, path);
      byNode.delete(node);
      return byNode.size === 0 ? BREAK : undefined;
    },
  });
}

/** The same for those of the execution, which refuses values of variables. */
export function addInputPaths(args: ExecutionArgs, errors: readonly GraphQLError[]): void {
  addDocumentPaths(args.document, errors);
  addVariablePaths(args, errors);
}

function addPath(error: GraphQLError, path: InputPath): void {
  if (path.length > 0) Object.assign(error.extensions, { path });
}

/** Names of the argument and the fields, and indexes of the lists, around a value. Empty for anything else. */
function inputPathOf(node: ASTNode, around: readonly (ASTNode | readonly ASTNode[])[]): InputPath {
  const chain = [...around.flatMap((item) => ('kind' in item ? [item] : [])), node];
  return chain.flatMap<string | number>((item, index) => {
    if (item.kind === Kind.ARGUMENT || item.kind === Kind.OBJECT_FIELD) return [item.name.value];
    if (item.kind === Kind.VARIABLE_DEFINITION)
      return item.defaultValue === chain[index + 1] ? [item.variable.name.value] : [];
    const outer = chain[index - 1];
    return outer?.kind === Kind.LIST ? [outer.values.findIndex((value) => value === item)] : [];
  });
}

/** The executor tells of a bad variable in words alone, and the words quote the caller. So it is asked again. */
function addVariablePaths(args: ExecutionArgs, errors: readonly GraphQLError[]): void {
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
    const paths = variablePaths(args, definition, itsErrors.length);
    for (const [index, error] of itsErrors.entries()) addPath(error, [name, ...(paths[index] ?? [])]);
  }
}

/** The paths inside a variable at which the executor met what it refuses, in its order, `wanted` at most. */
function variablePaths(
  { schema, variableValues }: ExecutionArgs,
  { type: typeNode, variable }: VariableDefinitionNode,
  wanted: number,
): InputPath[] {
  const type = typeFromAST(schema, typeNode);
  const name = variable.name.value;
  const value = variableValues && Object.hasOwn(variableValues, name) ? variableValues[name] : undefined;
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
