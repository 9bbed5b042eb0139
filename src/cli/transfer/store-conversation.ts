import type { ChatledgerClient } from 'chatledger/client';
import type { ApiMessage } from './chat-format.js';
import type { Conversation } from './conversation-file.js';
import { readMessages } from './read-messages.js';

export interface Stored {
  /** Messages that are new in the ledger. */
  readonly added: number;
  /** Messages that were there before. */
  readonly present: number;
  /** Why the rest is not stored. */
  readonly problem?: string;
}

/**
 * Stores a conversation, or what is missing of it: a session that is there must begin as the file does. Each batch
 * names its place, so that nothing is stored twice, whoever else stores the same at the same time.
 */
export async function storeConversation(
  ledger: ChatledgerClient,
  userId: string,
  { sessionId, messages }: Conversation,
): Promise<Stored> {
  const session = await ledger.sessions.create({ id: sessionId, userId }, { failures: 'return' });
  if (session.__typename !== 'CreateChatSessionSuccess')
    return { added: 0, present: 0, problem: session.message };

  const present = Math.min(session.chatSession.messageCount, messages.length);
  const differing = await findDifference(ledger, sessionId, messages.slice(0, present));
  if (differing !== undefined) {
    return {
      added: 0,
      present: 0,
      problem: `the session ${sessionId} is there and has another message ${differing}`,
    };
  }
  let added = 0;
  for (const batch of batches(messages.slice(present))) {
    const wanted = { sessionId, startSequence: present + added, messages: batch };
    const outcome = await ledger.messages.appendBatch(wanted, { failures: 'return' });
    if (outcome.__typename !== 'AppendChatMessagesSuccess')
      return { added, present, problem: outcome.message };
    added += batch.length;
  }
  return { added, present };
}

/** Place of the first message that is not stored as it should be; undefined when all are. */
async function findDifference(
  ledger: ChatledgerClient,
  id: string,
  messages: readonly ApiMessage[],
): Promise<number | undefined> {
  if (messages.length === 0) return undefined;
  const stored = (await readMessages(ledger, id, messages.length)) ?? [];
  const differing = messages.findIndex((message, place) => !isSame(message, stored[place]));
  return differing === -1 ? undefined : differing;
}

function isSame(wanted: ApiMessage, stored: ApiMessage | undefined): boolean {
  return stored !== undefined && asText(wanted) === asText(stored);
}

/** With the keys of JSON in their order, which is kept too. */
function asText({ role, content, name, toolCallId, toolCalls, functionCall, refusal }: ApiMessage): string {
  return JSON.stringify([role, content, name, toolCallId, toolCalls, functionCall, refusal]);
}

/** Bytes of JSON that a batch should stay under, well below what the server takes in one body. */
const batchBytes = 2_000_000;
const batchMessages = 200;

function* batches<Message extends object>(messages: readonly Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message));
    if (batch.length > 0 && (batch.length === batchMessages || bytes + size > batchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
