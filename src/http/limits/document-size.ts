import {
  Kind,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { fragmentsOf } from './fragments.js';

/** What an operation has, with its fragments in each place where they are spread. */
export interface DocumentSize {
  /** Levels of fields. */
  readonly depth: number;
  /** Fields with an alias. */
  readonly aliases: number;
  readonly directives: number;
}

const nothing: DocumentSize = { depth: 0, aliases: 0, directives: 0 };

/**
 * The size of the largest operation of a document, or of a fragment that nothing spreads. The document need not be
 * valid. Each fragment is looked through once, however often it is spread.
 */
export function documentSize(document: DocumentNode): DocumentSize {
  const executable = document.definitions.filter(isExecutable);
  const fragments = fragmentsOf(document);
  const known = new Map<string, DocumentSize>();

  const ofFragment = (name: string): DocumentSize => {
    let size = known.get(name);
    if (size) return size;
    // One that leads back to itself is refused by the validation.
    known.set(name, nothing);
    const fragment = fragments.get(name);
    size = fragment ? ofNode(fragment) : nothing;
    known.set(name, size);
    return size;
  };

  const ofNode = (node: Executable | SelectionNode): DocumentSize => {
    const own = ownDirectives(node);
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const size = ofFragment(node.name.value);
      return own === 0 ? size : { ...size, directives: size.directives + own };
    }
    let [depth, aliases, directives] = [0, 0, own];
    for (const selection of node.selectionSet?.selections ?? []) {
      const inner = ofNode(selection);
      depth = Math.max(depth, inner.depth);
      aliases += inner.aliases;
      directives += inner.directives;
    }
    if (node.kind !== Kind.FIELD) return { depth, aliases, directives };
    return { depth: depth + 1, aliases: node.alias ? aliases + 1 : aliases, directives };
  };

  const sizes = executable.map((definition) =>
    definition.kind === Kind.FRAGMENT_DEFINITION ? ofFragment(definition.name.value) : ofNode(definition),
  );
  return {
    depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
    aliases: Math.max(0, ...sizes.map(({ aliases }) => aliases)),
    directives: Math.max(0, ...sizes.map(({ directives }) => directives)),
  };
}

type Executable = OperationDefinitionNode | FragmentDefinitionNode;

function isExecutable(definition: DefinitionNode): definition is Executable {
  return definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION;
}

/** Those of an operation's variables are its own. */
function ownDirectives(node: Executable | SelectionNode): number {
  const own = node.directives?.length ?? 0;
  if (node.kind !== Kind.OPERATION_DEFINITION) return own;
  return (node.variableDefinitions ?? []).reduce((sum, { directives = [] }) => sum + directives.length, own);
}
