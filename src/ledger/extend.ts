import { z } from 'zod';
import { withRetry, retryOnRace } from '../data/retry.js';
import type { ChatMessageRow } from '../data/rows.js';
import { readMessage } from '../data/statements/by-id.js';
import { extendMessage, type Extension } from '../data/statements/extend-message.js';
import {
  InvalidInputError,
  MessageNotInProgressError,
  NotFoundError,
  OffsetConflictError,
} from '../errors.js';
import { delta, integer, parseInput, uuid } from './input.js';
import { writing, type Ledger } from './ledger.js';
import { maxContentBytes } from './limits.js';

const extendInput = z.object({
  sessionId: uuid,
  messageId: uuid,
  offset: integer(0, maxContentBytes),
  delta,
});

export interface Extended {
  readonly messageId: string;
  /** Of the text, in UTF-16 code units: the next offset. */
  readonly length: number;
  /** Of the last change of the message. */
  readonly revision: number;
  /** Whether the text had been there before. */
  readonly replayed: boolean;
}

/**
 * Puts a piece of text behind what a message IN_PROGRESS holds. A text that stands at this offset already is left
 * as it is, so that a retry succeeds. An empty piece tells that the writer is alive; it is never a retry.
 *
 * @throws NotFoundError, MessageNotInProgressError, OffsetConflictError, InvalidInputError
 */
export async function extendContent(ledger: Ledger, input: z.input<typeof extendInput>): Promise<Extended> {
  const request = parseInput(extendInput, input, ['input']);
  const { database, owner } = ledger;
  const { sessionId, messageId } = request;
  const attempt = async (): Promise<Extended | undefined> => {
    const grown = await extendMessage(database, owner, request, maxContentBytes);
    if (grown) {
      const { length, revision } = grown;
      // A sign of life is nothing that anybody could read.
      if (request.delta !== '') ledger.notifier.notify(sessionId);
      return { messageId, length, revision, replayed: false };
    }
    const message = await readMessage(database, owner, request, ['status', 'content', 'revision']);
    if (!message) throw new NotFoundError('There is no such message.');
    return explain(request, message);
  };
  return writing(ledger, () => withRetry(() => retryOnRace(attempt)));
}

/** Why a message did not grow. Undefined when nothing speaks against it any more. */
function explain(
  { messageId, offset, delta: text }: Extension,
  { status, revision, content }: ChatMessageRow,
): Extended | undefined {
  const current = content ?? '';
  const { length } = current;
  if (text !== '' && current.startsWith(text, offset)) return { messageId, length, revision, replayed: true };
  if (status !== 'in_progress') throw new MessageNotInProgressError(status);
  if (offset !== length) throw new OffsetConflictError(length);
  if (Buffer.byteLength(current) + Buffer.byteLength(text) > maxContentBytes) {
    throw new InvalidInputError(`The message would be over ${maxContentBytes} bytes of UTF-8 with this.`, [
      'input',
      'delta',
    ]);
  }
  return undefined;
}
