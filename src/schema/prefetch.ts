import { acceptsJson, argumentReader } from '@chatledger/text-executor';
import { GraphQLError, type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import type { WantedMessages } from '../data/statements/message-windows.js';
import type { JsonMessages } from '../data/statements/sessions-with-messages.js';
import type { Window } from '../data/statements/windows.js';
import { InvalidInputError } from '../errors.js';
import { messageWindow } from '../ledger/lists.js';
import type { WindowArguments } from '../ledger/window.js';
import { messageSelection } from './columns.js';
import type { Context } from './context.js';
import { fieldsOf, remembered, type Selection } from './selection.js';

/**
 * What to read of the messages of a session whose list is being resolved.
 *
 * @throws InvalidInputError naming the argument
 */
export function selectedMessages(
  context: Context,
  args: WindowArguments,
  info: GraphQLResolveInfo,
): WantedMessages {
  return wanted(context, info, () => args);
}

/**
 * What to read of the messages of sessions together with these, which are being resolved. Undefined when the query
 * asks for no messages, for several windows of them, for more than the database writes as JSON, or in a way that the
 * list has to refuse.
 */
export function prefetchedMessages(context: Context, info: GraphQLResolveInfo): JsonMessages | undefined {
  const list = info[acceptsJson] && messagesBeneath(info);
  if (!list) return undefined;
  const { schema, fragments, variableValues } = info;
  const { returnType, nodes, readArguments } = list;
  const beneath = {
    schema,
    fragments,
    variableValues,
    returnType,
    fieldNodes: nodes,
    [acceptsJson]: true,
  } as const;
  try {
    const { window, columns, json } = wanted(context, beneath, () => readArguments(variableValues));
    return json && { window, columns, json };
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** The one list of messages that is asked for of sessions beneath; null if there are several, or none. */
const messagesBeneath = remembered((selection) => {
  const lists = fieldsOf(selection, 'ChatSession').filter(({ name }) => name === 'messages');
  const definition = (selection.schema.getType('ChatSession') as GraphQLObjectType).getFields()['messages'];
  const [list] = lists;
  if (!list || !definition || lists.length > 1) return null;
  const { nodes } = list;
  return { returnType: definition.type, nodes, readArguments: argumentReader(definition, nodes[0]) };
});

/**
 * The one place where the arguments of a list of messages are parsed: once in a run, though the list of each session has
 * them, and reading ahead needs them before.
 */
function wanted(context: Context, selection: Selection, argumentsOf: () => WindowArguments): WantedMessages {
  const [node] = selection.fieldNodes;
  const windows = (context.windows ??= new Map<FieldNode | undefined, Window<number>>());
  let window = windows.get(node);
  if (!window) windows.set(node, (window = messageWindow(argumentsOf())));
  const { columns, needsPageInfo, json } = messageSelection(selection);
  return { window: needsPageInfo ? { ...window, peek: true } : window, columns, ...(json && { json }) };
}
