import { BREAK, Kind, visit, type ASTNode, type DocumentNode, type GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { InputPath } from '../errors.js';

/** Puts into validation errors about a value where it stands in the input, as in all other errors about input. */
export function useInputPath(): Plugin {
  return {
    onValidate({ params }) {
      return ({ valid, result }) => {
        if (valid) return;
        // Envelop leaves the types open, for engines other than graphql-js.
        const document = params.documentAST as DocumentNode;
        for (const error of result as readonly GraphQLError[]) {
          const [node] = error.nodes ?? [];
          const path = node ? inputPathOf(document, node) : [];
          if (path.length > 0) Object.assign(error.extensions, { path });
        }
      };
    },
  };
}

/** Names of the argument and the fields, and indexes of the lists, around a value. Empty for anything else. */
function inputPathOf(document: DocumentNode, target: ASTNode): InputPath {
  let found: InputPath = [];
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      if (node !== target) return undefined;
      const around = [...ancestors, ...(parent === undefined ? [] : [parent])];
      const chain = [...around.flatMap((item) => ('kind' in item ? [item] : [])), node];
      found = chain.flatMap<string | number>((item, index) => {
        if (item.kind === Kind.ARGUMENT || item.kind === Kind.OBJECT_FIELD) return [item.name.value];
        const outer = chain[index - 1];
        return outer?.kind === Kind.LIST ? [outer.values.findIndex((value) => value === item)] : [];
      });
      return BREAK;
    },
  });
  return found;
}
