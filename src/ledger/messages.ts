import type { ChatMessageColumn, ChatMessageRow } from '../data/rows.js';
import { parseInput, uuid } from './input.js';
import type { Ledger } from './ledger.js';

/** A message that the viewer may see, or null. @throws InvalidInputError when the id is no UUID */
export function findMessage(
  { loaders }: Ledger,
  id: string,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow | null> {
  return loaders.messages.load({ id: parseInput(uuid, id, ['id']), what: columns });
}
