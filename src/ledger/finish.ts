import { z } from 'zod';
import { withRetry, retryOnRace } from '../data/retry.js';
import type { ChatMessageColumn, ChatMessageRow, MessageKey } from '../data/rows.js';
import { readMessage } from '../data/statements/by-id.js';
import { finishMessage, type Finish } from '../data/statements/finish-message.js';
import { MessageNotInProgressError, NotFoundError } from '../errors.js';
import type { AppendedOne } from './append.js';
import { digestOf } from './digest.js';
import { content, integer, jsonObjects, parseInput, uuid } from './input.js';
import { writing, type Ledger } from './ledger.js';
import { maxTokens } from './limits.js';
import { withStoredJson } from './same-json.js';

const tokens = integer(0, maxTokens).nullish();

const finishInput = z.object({
  sessionId: uuid,
  messageId: uuid,
  status: z.enum(['complete', 'failed', 'cancelled']),
  content: content.nullish(),
  toolCalls: jsonObjects.nullish(),
  refusal: content.nullish(),
  usage: z.object({ promptTokens: tokens, completionTokens: tokens }).nullish(),
});

/** What a finish says, and what it is known by. */
type End = Omit<Finish, keyof MessageKey | 'finishHash' | 'silence'>;

function hashOf(end: End): string {
  return digestOf(JSON.stringify(end));
}

/**
 * Ends a message IN_PROGRESS. One that failed because its writer was not heard of takes the end that comes late.
 * The same end again changes nothing.
 *
 * @throws NotFoundError, MessageNotInProgressError, InvalidInputError
 */
export async function finishContent(
  ledger: Ledger,
  input: z.input<typeof finishInput>,
  columns: readonly ChatMessageColumn[],
): Promise<AppendedOne> {
  const { sessionId, messageId, usage, ...given } = parseInput(finishInput, input, ['input']);
  const { database, owner } = ledger;
  const end: End = {
    status: given.status,
    content: given.content ?? null,
    toolCalls: given.toolCalls ?? null,
    refusal: given.refusal ?? null,
    promptTokens: usage?.promptTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
  };
  const request = { sessionId, messageId, ...end, finishHash: hashOf(end), silence: null };
  const attempt = async (): Promise<AppendedOne | undefined> => {
    const finished = await finishMessage(database, owner, request, columns);
    if (finished) {
      ledger.notifier.notify(sessionId);
      return { chatMessage: finished, replayed: false };
    }
    const read = [...new Set([...columns, 'status', 'finishHash', 'toolCalls'] as const)];
    const message = await readMessage(database, owner, request, read);
    if (!message) throw new NotFoundError('There is no such message.');
    return explain(message, end);
  };
  return writing(ledger, () => withRetry(() => retryOnRace(attempt)));
}

/** Why a message was not finished. Undefined when nothing speaks against it: it was growing. */
function explain(message: ChatMessageRow, end: End): AppendedOne | undefined {
  const { status, finishHash: stored } = message;
  if (stored) {
    const hash = Buffer.from(stored).toString('hex');
    const reordered = withStoredJson(end, message, ['toolCalls']);
    if (hash === hashOf(end) || (reordered && hash === hashOf(reordered)))
      return { chatMessage: message, replayed: true };
  }
  if (status === 'in_progress' || (status === 'failed' && !stored)) return undefined;
  throw new MessageNotInProgressError(status);
}
