import { acceptsJson } from '@chatledger/text-executor';
import type { GraphQLResolveInfo } from 'graphql';
import {
  chatMessageColumns,
  chatSessionColumns,
  type ChatMessageColumn,
  type ChatSessionColumn,
} from '../data/rows.js';
import { longestKey, textColumns, type JsonField } from '../data/statements/message-json.js';
import type { ListSelection, MessageSelection } from '../ledger/lists.js';
import { fieldsOf, namesOf, remembered, type SelectedField, type Selection } from './selection.js';

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
export function selectedSessions(info: GraphQLResolveInfo): ListSelection<ChatSessionColumn> {
  return { columns: sessionColumns(info), needsPageInfo: needsPageInfo(info) };
}

/** What the query asks for of the messages of a connection, when that is being resolved. */
export function messageSelection(selection: Selection): MessageSelection {
  return {
    columns: messageColumns(selection),
    needsPageInfo: needsPageInfo(selection),
    json: selection[acceptsJson] ? (messageJson(selection) ?? undefined) : undefined,
  };
}

/** What the query asks for of the messages that a batch appends. */
export function appendedSelection(info: GraphQLResolveInfo): Pick<MessageSelection, 'columns' | 'json'> {
  return {
    columns: messageColumns(info),
    json: info[acceptsJson] ? (appendedJson(info) ?? undefined) : undefined,
  };
}

const needsPageInfo = remembered((selection) => fieldsOf(selection, 'PageInfo').length > 0);

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
