import { z } from 'zod';
import type { ChatMessageColumn, ChatMessageRow, ChatSessionColumn, ChatSessionRow } from '../data/rows.js';
import { parseInput, uuid } from './input.js';
import type { Ledger } from './ledger.js';
import { maxNodes } from './limits.js';

/** Anything that has an id of its own. */
export type FoundNode =
  | { readonly type: 'ChatSession'; readonly row: ChatSessionRow }
  | { readonly type: 'ChatMessage'; readonly row: ChatMessageRow };

export interface NodeColumns {
  readonly session: readonly ChatSessionColumn[];
  readonly message: readonly ChatMessageColumn[];
}

/** What an id stands for, or null when it stands for nothing that the viewer may see. @throws InvalidInputError */
export function findNode(ledger: Ledger, id: string, columns: NodeColumns): Promise<FoundNode | null> {
  return find(ledger, parseInput(uuid, id, ['id']), columns);
}

const nodeIds = z.array(uuid).max(maxNodes, `Must be ${maxNodes} ids at most.`);

/** The same for many ids, in their order. @throws InvalidInputError naming the index of the bad id */
export function findNodes(
  ledger: Ledger,
  ids: readonly string[],
  columns: NodeColumns,
): Promise<(FoundNode | null)[]> {
  const parsed = parseInput(nodeIds, ids, ['ids']);
  return Promise.all(parsed.map((id) => find(ledger, id, columns)));
}

async function find({ loaders }: Ledger, id: string, columns: NodeColumns): Promise<FoundNode | null> {
  const [session, message] = await Promise.all([
    loaders.sessions.load({ id, what: columns.session }),
    loaders.messages.load({ id, what: columns.message }),
  ]);
  if (session) return { type: 'ChatSession', row: session };
  return message && { type: 'ChatMessage', row: message };
}
