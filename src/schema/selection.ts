import type { acceptsJson } from '@chatledger/text-executor';
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLResolveInfo,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields.js';

/** Types whose fields read for themselves. */
const borders = ['ChatSession', 'ChatMessage', 'PageInfo'] as const;
const borderNames: readonly string[] = borders;
type Target = (typeof borders)[number] | 'ChatMessageConnection' | 'AppendChatMessagesSuccess';

export type Selection = Pick<
  GraphQLResolveInfo,
  'schema' | 'fragments' | 'variableValues' | 'returnType' | 'fieldNodes' | typeof acceptsJson
>;

/** A field in one place of the answer. */
export interface SelectedField {
  readonly name: string;
  /** Where it stands in the document: in several places, if its selections are merged. */
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
}

/** Keeps what is found out about a selection: its nodes are the same in all runs of a plan, and so is what they ask for. */
export function remembered<Result>(find: (selection: Selection) => Result): (selection: Selection) => Result {
  const known = new WeakMap<readonly FieldNode[], { readonly result: Result }>();
  return (selection) => {
    let found = known.get(selection.fieldNodes);
    if (!found) known.set(selection.fieldNodes, (found = { result: find(selection) }));
    return found.result;
  };
}

/**
 * The fields that are selected of a type beneath the current field: directly, in a connection, in a payload or in a
 * fragment. Not beyond the border of another one. They are in the order of the answer.
 */
export function fieldsOf(
  { schema, fragments, variableValues, returnType, fieldNodes }: Selection,
  target: Target,
): SelectedField[] {
  const found: SelectedField[] = [];

  const visit = (type: GraphQLCompositeType, nodes: readonly FieldNode[]): void => {
    for (const objectType of isAbstractType(type) ? schema.getPossibleTypes(type) : [type]) {
      if (borderNames.includes(objectType.name) && objectType.name !== target) continue;
      const selected = collectSubfields(schema, fragments, variableValues, objectType, nodes);
      for (const [node, ...others] of selected.values()) {
        if (!node) continue;
        const name = node.name.value;
        if (objectType.name === target) {
          found.push({ name, nodes: [node, ...others] });
          continue;
        }
        const fieldType = objectType.getFields()[name]?.type;
        const named = fieldType && getNamedType(fieldType);
        if (isCompositeType(named)) visit(named, [node, ...others]);
      }
    }
  };

  const returned = getNamedType(returnType);
  if (isCompositeType(returned)) visit(returned, fieldNodes);
  return found;
}

export function namesOf(fields: readonly SelectedField[]): ReadonlySet<string> {
  return new Set(fields.map(({ name }) => name));
}
