import type { ChatMessage } from 'chatledger/client';
import { z } from 'zod';

/** Kept as it is, with the order of its keys. */
const jsonObject = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a JSON object',
);

/**
 * One message in OpenAI's chat format, as far as the ledger keeps it. A field that it has no place for is an error:
 * leaving it out in silence would lose it.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export const formatMessage = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.string('must be text: content of several parts has no place in the ledger').nullish(),
  name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  tool_calls: z.array(jsonObject).nullish(),
  function_call: jsonObject.nullish(),
  refusal: z.string().nullish(),
});
export type FormatMessage = z.output<typeof formatMessage>;

/** One line of a file: a conversation. */
export const formatConversation = z.looseObject({
  id: z.string().min(1).optional(),
  messages: z.array(formatMessage),
});

/** What of a message a file has, as the API gives it and takes it. */
export type ApiMessage = Pick<
  ChatMessage,
  'role' | 'content' | 'name' | 'toolCallId' | 'toolCalls' | 'functionCall' | 'refusal'
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
  };
}

/** From the API to a file, fields in this order. `content` is always there; the others only when they hold something. */
export function toFormatMessage(message: ApiMessage): FormatMessage {
  return {
    role: toFormatRole[message.role],
    content: message.content,
    ...(message.name === null ? {} : { name: message.name }),
    ...(message.toolCallId === null ? {} : { tool_call_id: message.toolCallId }),
    ...(message.toolCalls === null ? {} : { tool_calls: message.toolCalls }),
    ...(message.functionCall === null ? {} : { function_call: message.functionCall }),
    ...(message.refusal === null ? {} : { refusal: message.refusal }),
  };
}
