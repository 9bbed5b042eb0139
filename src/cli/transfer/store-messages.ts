import type { ChatledgerClient } from '@chatledger/client';
import type { ApiMessage } from './chat-format.js';
import { compareWithStored } from './compare-messages.js';
import { messageIdAt } from './conversation-file.js';
import { isTooLarge, problemIn } from './import-failure.js';
import type { OpenSession } from './open-session.js';

/** How far a conversation has come. */
export interface Progress {
  /** Messages that are new in the ledger. */
  added: number;
  /** Messages that were there before. */
  present: number;
}

/** A message with its place in the conversation, from 0. */
export type PlacedMessage = ApiMessage & { readonly id: string; readonly index: number };

/**
 * Stores the messages of a conversation, or those that are missing: a session that is there must begin as the file
 * does. Each batch names its place, so that nothing is stored twice, even if another import runs at the same time.
 *
 * @param progress is kept up to date, also when this throws
 * @returns why the rest is not stored; undefined when all is
 * @throws when the reason is not in the conversation: see `problemIn`
 */
export async function storeMessages(
  ledger: ChatledgerClient,
  { session }: OpenSession,
  conversation: readonly ApiMessage[],
  progress: Progress,
): Promise<string | undefined> {
  const sessionId = session.id;
  const messages = conversation.map((message, index) => ({
    ...message,
    id: messageIdAt(sessionId, index),
    index,
  }));
  const compared = await compareWithStored(ledger, session, messages);
  if ('problem' in compared) return compared.problem;
  progress.present = compared.present;
  let { nextSequence } = compared;

  const batches = toBatches(messages.slice(compared.present));
  for (let batch = batches.shift(); batch; batch = batches.shift()) {
    try {
      const problem = await storeBatch(ledger, sessionId, batch, nextSequence);
      if (problem !== undefined) return problem;
    } catch (error) {
      // The server may have lower limits than usual.
      if (isTooLarge(error) && batch.length > 1) {
        const middle = Math.ceil(batch.length / 2);
        batches.unshift(batch.slice(0, middle), batch.slice(middle));
        continue;
      }
      const problem = problemIn(error, batch);
      if (problem === undefined) throw error;
      return problem;
    }
    progress.added += batch.length;
    nextSequence += batch.length;
  }
  return undefined;
}

/** @returns why the batch is not stored; undefined when it is */
async function storeBatch(
  ledger: ChatledgerClient,
  sessionId: string,
  batch: readonly PlacedMessage[],
  sequence: number,
): Promise<string | undefined> {
  const [first] = batch;
  if (first && first.status !== 'COMPLETE') return storeUnfinished(ledger, sessionId, first, sequence);
  const messages = batch.map(toInput);
  const wanted = { sessionId, startSequence: sequence, messages };
  const outcome = await ledger.messages.appendBatch(wanted, { failures: 'return' });
  return outcome.__typename === 'AppendChatMessagesSuccess' ? undefined : outcome.message;
}

function toInput({ id, role, content, name, toolCallId, toolCalls, functionCall, refusal }: PlacedMessage) {
  return { id, role, content, name, toolCallId, toolCalls, functionCall, refusal };
}

/** Stores an answer that is not whole the way it came about. Nobody writes on at one that was in progress: it has failed. */
async function storeUnfinished(
  ledger: ChatledgerClient,
  sessionId: string,
  { id, content, name, toolCalls, refusal, status }: PlacedMessage,
  sequence: number,
): Promise<string | undefined> {
  const started = await ledger.messages.start({ sessionId, id, content, name }, { failures: 'return' });
  if (started.__typename !== 'StartChatMessageSuccess') return started.message;
  const end = {
    sessionId,
    messageId: id,
    toolCalls,
    refusal,
    status: status === 'CANCELLED' ? status : 'FAILED',
  } as const;
  const finished = await ledger.messages.finish(end, { failures: 'return' });
  if (finished.__typename !== 'FinishChatMessageSuccess') return finished.message;
  return started.chatMessage.sequence === sequence
    ? undefined
    : 'somebody else wrote into the session at the same time';
}

/** Bytes of JSON that a batch should stay under, well below what the server takes in one body. */
const batchBytes = 2_000_000;
const batchMessages = 200;

/** Batches of messages that are complete, and those that are not by themselves. */
function toBatches(messages: readonly PlacedMessage[]): PlacedMessage[][] {
  const batches: PlacedMessage[][] = [];
  let batch: PlacedMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message));
    const isFull = batch.length === batchMessages || bytes + size > batchBytes;
    const isAlone = message.status !== 'COMPLETE' || batch[0]?.status !== 'COMPLETE';
    if (batch.length === 0 || isFull || isAlone) {
      batch = [];
      batches.push(batch);
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  return batches;
}
