import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { hasSession } from '../data/queries/session-lifetime.js';
import { DatabaseError } from '../data/database-error.js';
import { withRetry, unrepeatable, retryOnRace } from '../data/retry.js';
import type { ChatMessageColumn, ChatMessageRow } from '../data/rows.js';
import type { JsonText } from '../data/row-values.js';
import {
  insertMessages,
  insertMessagesAsJson,
  type Append,
  type MessageBody,
  type NewMessage,
} from '../data/statements/append-messages.js';
import { InvalidInputError, NotFoundError, type InputPath } from '../errors.js';
import { resolveConflict } from './append-refusal.js';
import { digestOf } from './digest.js';
import { content, identifier, integer, jsonObject, jsonObjects, name, parseInput, uuid } from './input.js';
import { writing, type Ledger } from './ledger.js';
import { maxBatch, maxChosenSequence } from './limits.js';
import type { MessageSelection } from './lists.js';

const messageInput = z.object({
  id: uuid.nullish(),
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: content.nullish(),
  name: name.nullish(),
  toolCallId: identifier.nullish(),
  refusal: content.nullish(),
  toolCalls: jsonObjects.nullish(),
  functionCall: jsonObject.nullish(),
});

const appendInput = z.object({
  sessionId: uuid,
  startSequence: integer(0, maxChosenSequence).nullish(),
  messages: z.array(messageInput).max(maxBatch, `Must be ${maxBatch} messages at most.`),
});

const appendOneInput = z.object({
  sessionId: uuid,
  sequence: integer(0, maxChosenSequence).nullish(),
  message: messageInput,
});

type MessageInput = z.output<typeof messageInput>;

/** Messages in order of sequence; as JSON, if that was asked for and they are new. */
type StoredMessages = readonly ChatMessageRow[] | JsonText;

export interface Appended<Messages = StoredMessages> {
  readonly chatMessages: Messages;
  /** Whether they had been stored before, by an earlier try of the same append. */
  readonly replayed: boolean;
}

export interface AppendedOne {
  readonly chatMessage: ChatMessageRow;
  /** Whether it had been stored before. */
  readonly replayed: boolean;
}

/**
 * Appends one message.
 *
 * @param columns at least `sequence`
 * @throws NotFoundError, SequenceConflictError, MessageIdConflictError, InvalidInputError
 */
export async function appendMessage(
  ledger: Ledger,
  input: z.input<typeof appendOneInput>,
  columns: readonly ChatMessageColumn[],
): Promise<AppendedOne> {
  const { sessionId, sequence, message } = parseInput(appendOneInput, input, ['input']);
  const request = toAppend(sessionId, sequence ?? null, [message], () => ['input', 'message']);
  const { chatMessages, replayed } = await store(ledger, request, columns, () =>
    insertMessages(ledger.database, ledger.owner, request, columns),
  );
  const [chatMessage] = chatMessages;
  if (!chatMessage) throw new Error('An append of one message gave none.');
  return { chatMessage, replayed };
}

/**
 * Appends a batch: all messages with contiguous sequences, or none. An empty batch changes nothing.
 *
 * @param asked columns: at least `sequence`
 * @throws NotFoundError, SequenceConflictError, MessageIdConflictError, InvalidInputError
 */
export async function appendMessages(
  ledger: Ledger,
  input: z.input<typeof appendInput>,
  { columns, json }: Pick<MessageSelection, 'columns' | 'json'>,
): Promise<Appended> {
  const { sessionId, startSequence, messages } = parseInput(appendInput, input, ['input']);
  if (messages.length === 0) {
    if (!(await hasSession(ledger.database, ledger.owner, sessionId)))
      throw new NotFoundError('There is no such session.');
    return { chatMessages: [], replayed: false };
  }
  const pathOf = (index: number) => ['input', 'messages', index];
  const request = toAppend(sessionId, startSequence ?? null, messages, pathOf);
  return store<StoredMessages>(ledger, request, columns, () =>
    json
      ? insertMessagesAsJson(ledger.database, ledger.owner, request, json)
      : insertMessages(ledger.database, ledger.owner, request, columns),
  );
}

function toAppend(
  sessionId: string,
  startSequence: number | null,
  inputs: readonly MessageInput[],
  pathOf: (index: number) => InputPath,
): Append {
  const clientIds = checkIds(sessionId, inputs, pathOf);
  return { sessionId, startSequence, clientIds, messages: inputs.map(toNewMessage) };
}

/**
 * Stores what an append brings, or finds it stored.
 *
 * @param insert the statement that does it; gives null when it does nothing
 * @throws NotFoundError, SequenceConflictError, MessageIdConflictError
 */
export function store<Messages>(
  ledger: Ledger,
  request: Append,
  columns: readonly ChatMessageColumn[],
  insert: () => Promise<Messages | null>,
): Promise<Appended<Messages | readonly ChatMessageRow[]>> {
  const attempt = async (): Promise<Appended<Messages | readonly ChatMessageRow[]> | undefined> => {
    try {
      const chatMessages = await insert();
      if (chatMessages) {
        ledger.notifier.notify(request.sessionId);
        return { chatMessages, replayed: false };
      }
    } catch (error) {
      if (!(error instanceof DatabaseError && error.kind === 'unique')) throw error;
    }
    const chatMessages = await resolveConflict(ledger, request, columns);
    return chatMessages && { chatMessages, replayed: true };
  };
  // Every message has an id by now, so that a second try finds what the first one stored.
  const write = (once: typeof attempt) => withRetry(() => retryOnRace(once));
  // The caller knows none of these ids, and its second try would bring others.
  const isKnownAgain = request.clientIds.length > 0 || request.startSequence !== null;
  return writing(ledger, () => (isKnownAgain ? write(attempt) : unrepeatable(ledger.scope, attempt, write)));
}

/** The ids that the caller brought. Each stands for one message of the batch, and none for the session. */
export function checkIds(
  sessionId: string,
  inputs: readonly Pick<MessageInput, 'id'>[],
  pathOf: (index: number) => InputPath,
): string[] {
  const seen = new Set([sessionId]);
  return inputs.flatMap(({ id }, index) => {
    if (id == null) return [];
    if (seen.has(id)) {
      throw new InvalidInputError('This id stands for something else in the same input.', [
        ...pathOf(index),
        'id',
      ]);
    }
    seen.add(id);
    return [id];
  });
}

function toNewMessage(input: MessageInput): NewMessage {
  const body: MessageBody = {
    role: input.role,
    content: input.content ?? null,
    name: input.name ?? null,
    toolCallId: input.toolCallId ?? null,
    refusal: input.refusal ?? null,
    toolCalls: input.toolCalls ?? null,
    functionCall: input.functionCall ?? null,
  };
  const json = JSON.stringify(body);
  return { id: input.id ?? uuidv7(), body: json, bodyHash: digestOf(json) };
}
