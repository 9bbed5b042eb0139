import type { ChatMessageColumn, ChatMessageRow } from '../data/rows.js';
import {
  findConflicts,
  type Append,
  type MessageBody,
  type StoredMessage,
} from '../data/statements/append-messages.js';
import { MessageIdConflictError, NotFoundError, SequenceConflictError } from '../errors.js';
import { digestOf } from './digest.js';
import type { Ledger } from './ledger.js';
import { withStoredJson } from './same-json.js';

/**
 * Why the database took nothing of an append, which has left no trace then.
 *
 * @returns the stored messages, when the append is a replay; undefined when nothing stands in its way any more
 * @throws NotFoundError, MessageIdConflictError, SequenceConflictError
 */
export async function resolveConflict(
  { database, owner }: Ledger,
  request: Append,
  columns: readonly ChatMessageColumn[],
): Promise<readonly ChatMessageRow[] | undefined> {
  const read = [...new Set([...columns, 'toolCalls', 'functionCall'] as const)];
  const found = await findConflicts(database, owner, request, read);
  if (!found) throw new NotFoundError('There is no such session.');
  const { messages, startSequence } = request;
  const { known, start, stored, occupied, nextSequence } = found;
  const [first] = known;
  if (first !== undefined) {
    const stranger = messages.find((_, index) => !isReplay(request, index, stored[index]));
    if (stranger) throw new MessageIdConflictError(known.includes(stranger.id) ? stranger.id : first);
    if (startSequence !== null && startSequence !== start) throw new MessageIdConflictError(first);
    return stored;
  }
  if (occupied) throw new SequenceConflictError(nextSequence);
  return undefined;
}

/**
 * Whether the message at `index` of an append is the one that is stored at its place. A message without an id of
 * the caller is known by its body there: the ids around it show that the append was made before.
 */
function isReplay(
  { messages, clientIds }: Append,
  index: number,
  stored: StoredMessage | undefined,
): boolean {
  const message = messages[index];
  if (!message || !stored) return false;
  const sameId = message.id === stored.id || !clientIds.includes(message.id);
  if (!sameId) return false;
  const bodyHash = stored.bodyHash.toString('hex');
  return message.bodyHash === bodyHash || hashOfReordered(message.body, stored) === bodyHash;
}

/** The hash that a body has with its JSON as it is stored; undefined when that is other JSON, or there is none. */
function hashOfReordered(body: string, stored: StoredMessage): string | undefined {
  const sent = JSON.parse(body) as MessageBody;
  const reordered = withStoredJson(sent, stored, ['toolCalls', 'functionCall']);
  return reordered && digestOf(JSON.stringify(reordered));
}
