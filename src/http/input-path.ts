import { BREAK, Kind, visit, type ASTNode, type DocumentNode, type GraphQLError } from 'graphql';
import type { InputPath } from '../errors.js';

/**
 * Puts into the library's errors about a value where it stands in the input, as in all other errors about input:
 * into those of validation and execution, which refuse values in the document.
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

/** Notes where a bad value stands. */
export function addPath(error: GraphQLError, path: InputPath): void {
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
