import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLResolveInfo,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields.js';
import {
  chatMessageColumns,
  chatSessionColumns,
  type ChatMessageColumn,
  type ChatSessionColumn,
} from '../data/rows.js';

/** Columns that are read whatever is selected: keys of loaders and of cursors. */
const sessionKeys: readonly ChatSessionColumn[] = ['id', 'updatedAt'];
const messageKeys: readonly ChatMessageColumn[] = ['id', 'sessionId', 'sequence'];

/** Columns behind fields that are no columns themselves. */
const sessionNeeds: Readonly<Record<string, readonly ChatSessionColumn[]>> = { messages: ['messageCount'] };

/** The columns of ChatSession that the query reads beneath the field that is being resolved. */
export function sessionColumns(info: GraphQLResolveInfo): ChatSessionColumn[] {
  const fields = fieldsBeneath(info, 'ChatSession');
  const needed = new Set([...sessionKeys, ...[...fields].flatMap((field) => sessionNeeds[field] ?? [])]);
  return chatSessionColumns.filter((column) => fields.has(column) || needed.has(column));
}

/** The columns of ChatMessage that the query reads beneath the field that is being resolved. */
export function messageColumns(info: GraphQLResolveInfo): ChatMessageColumn[] {
  const fields = fieldsBeneath(info, 'ChatMessage');
  return chatMessageColumns.filter((column) => fields.has(column) || messageKeys.includes(column));
}

type RowTypeName = 'ChatSession' | 'ChatMessage';
const rowTypeNames: readonly string[] = ['ChatSession', 'ChatMessage'] satisfies RowTypeName[];

/**
 * Names of the fields that are selected of a row type beneath the current field: directly, in a connection, in a
 * payload or in a fragment. Not beyond another row, whose fields read for themselves.
 */
function fieldsBeneath(info: GraphQLResolveInfo, target: RowTypeName): ReadonlySet<string> {
  const { schema, fragments, variableValues } = info;
  const found = new Set<string>();

  const visit = (type: GraphQLCompositeType, nodes: readonly FieldNode[]): void => {
    for (const objectType of isAbstractType(type) ? schema.getPossibleTypes(type) : [type]) {
      if (rowTypeNames.includes(objectType.name) && objectType.name !== target) continue;
      for (const subNodes of collectSubfields(
        schema,
        fragments,
        variableValues,
        objectType,
        nodes,
      ).values()) {
        const name = subNodes[0]?.name.value ?? '';
        if (objectType.name === target) {
          found.add(name);
          continue;
        }
        const fieldType = objectType.getFields()[name]?.type;
        const named = fieldType && getNamedType(fieldType);
        if (isCompositeType(named)) visit(named, subNodes);
      }
    }
  };

  const returned = getNamedType(info.returnType);
  if (isCompositeType(returned)) visit(returned, info.fieldNodes);
  return found;
}
