import {
  getArgumentValues,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields.js';
import {
  chatMessageColumns,
  chatSessionColumns,
  type ChatMessageColumn,
  type ChatSessionColumn,
} from '../data/rows.js';
import { longestKey, textColumns, type JsonField } from '../data/statements/message-json.js';
import type { Asked, AskedMessages, MessagesAhead } from '../ledger/lists.js';
import type { Context } from './context.js';

/** Columns that are read whatever is selected: keys of loaders and of cursors. */
const sessionKeys: readonly ChatSessionColumn[] = ['id', 'updatedAt'];
const messageKeys: readonly ChatMessageColumn[] = ['id', 'sessionId', 'sequence'];

/** Columns behind fields that are no columns themselves. */
const sessionNeeds: Readonly<Record<string, readonly ChatSessionColumn[]>> = { messages: ['messageCount'] };

/** The columns of ChatSession that the query reads beneath the field that is being resolved. */
export const sessionColumns = remembered((selection): readonly ChatSessionColumn[] => {
  const fields = namesOf(fieldsOf(selection, 'ChatSession'));
  const needed = new Set([...sessionKeys, ...[...fields].flatMap((field) => sessionNeeds[field] ?? [])]);
  return chatSessionColumns.filter((column) => fields.has(column) || needed.has(column));
});

/** The columns of ChatMessage that the query reads beneath the field that is being resolved. */
export const messageColumns = remembered((selection): readonly ChatMessageColumn[] => {
  const fields = namesOf(fieldsOf(selection, 'ChatMessage'));
  return chatMessageColumns.filter((column) => fields.has(column) || messageKeys.includes(column));
});

/** What the query asks for of the sessions of a connection, when that is being resolved. */
export function askedSessions(info: GraphQLResolveInfo): Asked<ChatSessionColumn> {
  return { columns: sessionColumns(info), sides: showsSides(info) };
}

/** What the query asks for of the messages of a connection, when that is being resolved. */
export function askedMessages({ asText }: Context, selection: Selection): AskedMessages {
  return {
    columns: messageColumns(selection),
    sides: showsSides(selection),
    json: asText ? (messageJson(selection) ?? undefined) : undefined,
  };
}

/** What the query asks for of the messages that a batch appends. */
export function askedAppended(
  { asText }: Context,
  info: GraphQLResolveInfo,
): Pick<AskedMessages, 'columns' | 'json'> {
  return { columns: messageColumns(info), json: asText ? (appendedJson(info) ?? undefined) : undefined };
}

/**
 * What the query asks for of the messages of sessions beneath the field that is being resolved. Undefined when it asks
 * for none, for several windows of them, for more than can be read ahead, or in a way that the list has to refuse.
 */
export function messagesAhead(context: Context, info: GraphQLResolveInfo): MessagesAhead | undefined {
  const list = context.asText ? messagesBeneath(info) : null;
  if (!list) return undefined;
  const { schema, fragments, variableValues } = info;
  const { definition, nodes } = list;
  const { json, ...asked } = askedMessages(context, {
    schema,
    fragments,
    variableValues,
    returnType: definition.type,
    fieldNodes: nodes,
  });
  if (!json) return undefined;
  try {
    return { ...asked, json, arguments: getArgumentValues(definition, nodes[0], variableValues) };
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

/** The one list of messages that is asked for of sessions beneath; null if there are several, or none. */
const messagesBeneath = remembered((selection) => {
  const lists = fieldsOf(selection, 'ChatSession').filter(({ name }) => name === 'messages');
  const definition = (selection.schema.getType('ChatSession') as GraphQLObjectType).getFields()['messages'];
  const [list] = lists;
  return list && definition && lists.length === 1 ? { definition, nodes: list.nodes } : null;
});

const showsSides = remembered((selection) => fieldsOf(selection, 'PageInfo').length > 0);

/** How messages stand in the answer. Null when more is asked for than the columns of the nodes. */
const messageJson = remembered((selection): readonly JsonField[] | null =>
  showsNodesAlone(selection) ? jsonFields(fieldsOf(selection, 'ChatMessage')) : null,
);

/** How messages that were appended stand in the answer. */
const appendedJson = remembered((selection): readonly JsonField[] | null =>
  isSelectedOnce('chatMessages', fieldsOf(selection, 'AppendChatMessagesSuccess'))
    ? jsonFields(fieldsOf(selection, 'ChatMessage'))
    : null,
);

/** Fields of a connection that tell nothing of its page. */
const besidePage = ['totalCount', '__typename'];

function showsNodesAlone(selection: Selection): boolean {
  const fields = fieldsOf(selection, 'ChatMessageConnection');
  return (
    isSelectedOnce('nodes', fields) &&
    fields.every(({ name }) => name === 'nodes' || besidePage.includes(name))
  );
}

function isSelectedOnce(field: string, fields: readonly SelectedField[]): boolean {
  return fields.filter(({ name }) => name === field).length === 1;
}

const columnNames: ReadonlySet<string> = new Set(chatMessageColumns);

/** Null when a field is not a column, or a text is selected twice: rows bring it once, JSON would repeat it. */
function jsonFields(fields: readonly SelectedField[]): readonly JsonField[] | null {
  const found: JsonField[] = [];
  for (const { name, nodes } of fields) {
    const key = nodes[0].alias?.value ?? name;
    if (key.length > longestKey) return null;
    if (name === '__typename') found.push({ key, value: { text: 'ChatMessage' } });
    else if (columnNames.has(name) && !(textColumns.has(name) && shows(found, name)))
      found.push({ key, value: { column: name as ChatMessageColumn } });
    else return null;
  }
  return found;
}

function shows(fields: readonly JsonField[], column: string): boolean {
  return fields.some(({ value }) => 'column' in value && value.column === column);
}

/** Types whose fields read for themselves. */
const borders = ['ChatSession', 'ChatMessage', 'PageInfo'] as const;
const borderNames: readonly string[] = borders;
type Target = (typeof borders)[number] | 'ChatMessageConnection' | 'AppendChatMessagesSuccess';

type Selection = Pick<
  GraphQLResolveInfo,
  'schema' | 'fragments' | 'variableValues' | 'returnType' | 'fieldNodes'
>;

/** A field in one place of the answer. */
interface SelectedField {
  readonly name: string;
  /** Where it stands in the document: in several places, if its selections are merged. */
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
}

/** Keeps what is found out about a selection: its nodes are the same in all runs of a plan, and so is what they ask for. */
function remembered<Result>(find: (selection: Selection) => Result): (selection: Selection) => Result {
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
function fieldsOf(
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

function namesOf(fields: readonly SelectedField[]): ReadonlySet<string> {
  return new Set(fields.map(({ name }) => name));
}
