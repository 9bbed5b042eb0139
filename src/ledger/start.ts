import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { ChatMessageColumn } from '../data/rows.js';
import { insertStartedMessage, type Append, type MessageBody } from '../data/statements/append-messages.js';
import { checkIds, store, type AppendedOne } from './append.js';
import { digestOf } from './digest.js';
import { content, name, parseInput, uuid } from './input.js';
import type { Ledger } from './ledger.js';

const startInput = z.object({
  sessionId: uuid,
  id: uuid.nullish(),
  content: content.nullish(),
  name: name.nullish(),
});

/**
 * Appends an answer of the model that is still being written. A second start with the same id finds the first one,
 * whatever has become of the message since.
 *
 * @param columns at least `sequence`
 * @throws NotFoundError, MessageIdConflictError, InvalidInputError
 */
export async function startMessage(
  ledger: Ledger,
  input: z.input<typeof startInput>,
  columns: readonly ChatMessageColumn[],
): Promise<AppendedOne> {
  const parsed = parseInput(startInput, input, ['input']);
  const { sessionId } = parsed;
  const clientIds = checkIds(sessionId, [parsed], () => ['input']);
  const beginning = parsed.content ?? '';
  const known = { role: 'assistant', name: parsed.name ?? null } as const;
  const body: MessageBody = {
    ...known,
    content: null,
    toolCallId: null,
    refusal: null,
    toolCalls: null,
    functionCall: null,
  };
  const message = {
    id: parsed.id ?? uuidv7(),
    body: JSON.stringify(body),
    // The word tells it from an append of the same.
    bodyHash: digestOf(JSON.stringify({ start: true, ...known, beginning })),
  };
  const request: Append = { sessionId, startSequence: null, clientIds, messages: [message] };
  const { chatMessages, replayed } = await store(ledger, request, columns, () =>
    insertStartedMessage(ledger.database, ledger.owner, request, beginning, columns),
  );
  const [chatMessage] = chatMessages;
  if (!chatMessage) throw new Error('A start of a message gave none.');
  return { chatMessage, replayed };
}
