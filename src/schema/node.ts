import { needsInfo } from '@chatledger/text-executor';
import type { GraphQLResolveInfo } from 'graphql';
import { findNode, findNodes, type FoundNode, type NodeColumns } from '../ledger/nodes.js';
import { maxNodes } from '../ledger/limits.js';
import { builder } from './builder.js';
import { ChatMessage } from './chat-message.js';
import { ChatSession } from './chat-session.js';
import { messageColumns, sessionColumns } from './columns.js';
import { Node } from './interfaces.js';
import type { Size } from './size.js';

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description:
      'The session with this id, or else the message: the newest one that this viewer may see, if several sessions have a message with this id. Null when there is none.',
    args: { id: t.arg.id({ required: true, description: 'Id of a session or a message.' }) },
    extensions: needsInfo,
    resolve: async (_query, { id }, { ledger }, info) => typed(await findNode(ledger, id, columns(info))),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: 'The result of `node` for each of these ids, in their order: 1,000 ids at most.',
    args: { ids: t.arg.idList({ required: true, description: 'Ids of sessions and messages.' }) },
    extensions: { ...needsInfo, size: { from: [['ids']], otherwise: 1, most: maxNodes } satisfies Size },
    resolve: async (_query, { ids }, { ledger }, info) =>
      (await findNodes(ledger, ids, columns(info))).map(typed),
  }),
}));

function columns(info: GraphQLResolveInfo): NodeColumns {
  return { session: sessionColumns(info), message: messageColumns(info) };
}

/** Tells the executor the type of a row, which the row itself does not. */
function typed(node: FoundNode | null) {
  if (node === null) return null;
  switch (node.type) {
    case 'ChatSession':
      return ChatSession.addBrand(node.row);
    case 'ChatMessage':
      return ChatMessage.addBrand(node.row);
  }
}
