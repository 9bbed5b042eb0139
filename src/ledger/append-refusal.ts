import type { ChatMessageColumn, ChatMessageRow } from '../data/rows.js';
import {
  findIdentities,
  findTakenIds,
  readStretch,
  type Append,
  type StoredIdentity,
} from '../data/statements/append-messages.js';
import { readSessions } from '../data/statements/by-id.js';
import { MessageIdConflictError, NotFoundError, SequenceConflictError } from '../errors.js';
import type { Ledger } from './ledger.js';

/**
 * Why the database took nothing of an append, which has left no trace then.
 *
 * @returns the stored messages, when the append is a replay
 * @throws NotFoundError, MessageIdConflictError, SequenceConflictError
 */
export async function explainRefusal(
  { database, owner }: Ledger,
  request: Append,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow[]> {
  const { sessionId, messages } = request;
  const [session] = await readSessions(database, owner, [sessionId], ['id', 'nextSequence']);
  if (!session) throw new NotFoundError('There is no such session.');

  const ids = messages.map((message) => message.id);
  const identities = await findIdentities(database, owner, sessionId, ids);
  const [known] = identities;
  if (known) {
    const start = known.sequence - ids.indexOf(known.id);
    const stored = await readStretch(database, owner, sessionId, { start, length: messages.length }, columns);
    const odd = messages.findIndex((_, index) => !isReplay(request, index, stored[index]));
    const stranger = messages[odd];
    if (stranger) {
      const isTaken = identities.some(({ id }) => id === stranger.id);
      throw new MessageIdConflictError(isTaken ? stranger.id : known.id);
    }
    if (request.startSequence !== null && request.startSequence !== start)
      throw new MessageIdConflictError(known.id);
    return stored;
  }

  const [taken] = await findTakenIds(database, ids);
  if (taken !== undefined) throw new MessageIdConflictError(taken);
  throw new SequenceConflictError(session.nextSequence);
}

/**
 * Whether the message at `index` of an append is the one that is stored at its place. A message without an id of
 * the caller is known by its body there: the ids around it show that the append was made before.
 */
function isReplay(
  { messages, broughtIds }: Append,
  index: number,
  stored: StoredIdentity | undefined,
): boolean {
  const message = messages[index];
  if (!message || !stored) return false;
  const sameId = message.id === stored.id || !broughtIds.includes(message.id);
  return sameId && message.bodyHash === stored.bodyHash.toString('hex');
}
