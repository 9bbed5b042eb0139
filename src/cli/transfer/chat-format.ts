import type { ChatMessage } from '@chatledger/client';
import { z } from 'zod';
import { content, identifier, jsonObject, jsonObjects, name } from '../../ledger/input.js';

/** A JSON object as types of the API know it. */
type Json = Record<string, unknown>;

/** The status of a message in a file. Absent stands for complete. */
const statuses = ['complete', 'in_progress', 'failed', 'cancelled'] as const;

/**
 * One message in OpenAI's chat format, as far as the ledger keeps it, with the limits of the ledger. A field that it
 * has no place for is an error: leaving it out in silence would lose it.
 * https://platform.openai.com/docs/api-reference/chat/create
 *
 * `status` is ours: it marks answers that are not whole.
 */
const messageFields = z
  .strictObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z
      .string('must be text: content of several parts has no place in the ledger')
      .pipe(content)
      .nullish(),
    name: name.nullish(),
    tool_call_id: identifier.nullish(),
    tool_calls: jsonObjects.transform((calls) => calls as Json[]).nullish(),
    function_call: jsonObject.transform((call) => call as Json).nullish(),
    refusal: content.nullish(),
    status: z.enum(statuses).nullish(),
  })
  .refine(
    (message) =>
      !isUnfinished(message) ||
      (message.role === 'assistant' && message.function_call == null && message.tool_call_id == null),
    { path: ['status'], error: 'only an assistant message without function_call can be unfinished' },
  );
export type FormatMessage = z.output<typeof messageFields>;

/** Fields that formats of others have in every message, most of them empty: `annotations`, `audio` and the like. */
const formatMessage = z.preprocess(withoutEmptyFields, messageFields);

function withoutEmptyFields(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
  return Object.fromEntries(
    Object.entries(message).filter(
      ([field, value]) => Object.hasOwn(messageFields.shape, field) || !isEmpty(value),
    ),
  );
}

/** Whether nothing is lost with a value. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** One line of a file: a conversation. */
export const formatConversation = z.looseObject({
  id: z.string('must be text').min(1, 'must not be empty').nullish(),
  title: name.nullish(),
  messages: z.array(formatMessage, 'must be a list').min(1, 'must have at least one message'),
});

/** What of a message a file has, as the API gives it and takes it. */
export type ApiMessage = Pick<
  ChatMessage,
  'role' | 'content' | 'name' | 'toolCallId' | 'toolCalls' | 'functionCall' | 'refusal' | 'status'
>;

const toApiRole = {
  system: 'SYSTEM',
  developer: 'DEVELOPER',
  user: 'USER',
  assistant: 'ASSISTANT',
  tool: 'TOOL',
  function: 'FUNCTION',
} as const;

const toFormatRole = {
  SYSTEM: 'system',
  DEVELOPER: 'developer',
  USER: 'user',
  ASSISTANT: 'assistant',
  TOOL: 'tool',
  FUNCTION: 'function',
} as const;

const toApiStatus = {
  complete: 'COMPLETE',
  in_progress: 'IN_PROGRESS',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
} as const;

const toFormatStatus = {
  COMPLETE: 'complete',
  IN_PROGRESS: 'in_progress',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const;

function isUnfinished({ status }: { status?: (typeof statuses)[number] | null | undefined }): boolean {
  return status != null && status !== 'complete';
}

/** Names of the fields in the API, by those in a file. */
const apiFields = {
  tool_call_id: 'toolCallId',
  tool_calls: 'toolCalls',
  function_call: 'functionCall',
} as const;

/** The name in a file of a field of the API. */
export function toFormatField(field: string): string {
  return Object.entries(apiFields).find(([, apiField]) => apiField === field)?.[0] ?? field;
}

/** From a file to the API. Absent and null are the same there. */
export function toApiMessage(message: FormatMessage): ApiMessage {
  return {
    role: toApiRole[message.role],
    content: message.content ?? null,
    name: message.name ?? null,
    toolCallId: message.tool_call_id ?? null,
    toolCalls: message.tool_calls ?? null,
    functionCall: message.function_call ?? null,
    refusal: message.refusal ?? null,
    status: toApiStatus[message.status ?? 'complete'],
  };
}

/**
 * From the API to a file, fields in this order. `content` is always there; the others only when they hold something,
 * and `status` only when the message is not complete.
 */
export function toFormatMessage(message: ApiMessage): FormatMessage {
  return {
    role: toFormatRole[message.role],
    content: message.content,
    ...(message.name === null ? {} : { name: message.name }),
    ...(message.toolCallId === null ? {} : { tool_call_id: message.toolCallId }),
    ...(message.toolCalls === null ? {} : { tool_calls: message.toolCalls }),
    ...(message.functionCall === null ? {} : { function_call: message.functionCall }),
    ...(message.refusal === null ? {} : { refusal: message.refusal }),
    ...(message.status === 'COMPLETE' ? {} : { status: toFormatStatus[message.status] }),
  };
}
