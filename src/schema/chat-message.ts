import { builder } from './builder.js';
import { Node } from './interfaces.js';

export const ChatMessageRole = builder.enumType('ChatMessageRole', {
  description: "The role of a message's author.",
  values: {
    SYSTEM: { value: 'system', description: 'Instructions for the model.' },
    DEVELOPER: {
      value: 'developer',
      description: 'Instructions for the model; newer models take these instead of SYSTEM.',
    },
    USER: { value: 'user', description: 'A message of the person.' },
    ASSISTANT: { value: 'assistant', description: 'An answer of the model.' },
    TOOL: { value: 'tool', description: 'The result of a tool call, identified by its toolCallId.' },
    FUNCTION: {
      value: 'function',
      description: 'The result of a function call, in the older style of the chat format.',
    },
  } as const,
});

export const ChatMessageStatus = builder.enumType('ChatMessageStatus', {
  description: 'Whether a message is complete.',
  values: {
    IN_PROGRESS: { value: 'in_progress', description: 'The message is being written: its content may grow.' },
    COMPLETE: { value: 'complete', description: 'The message is complete.' },
    FAILED: {
      value: 'failed',
      description: 'The writer failed, or sent nothing for too long. The message keeps the text it had.',
    },
    CANCELLED: { value: 'cancelled', description: 'The message was cancelled. It keeps the text it had.' },
  } as const,
});

/** The field `session` is added where ChatSession is. */
export const ChatMessage = builder.prismaObject('ChatMessage', {
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id'),
    sessionId: t.exposeID('sessionId'),
    sequence: t.exposeInt('sequence'),
    role: t.expose('role', { type: ChatMessageRole }),
    content: t.exposeString('content', { nullable: true }),
    name: t.exposeString('name', { nullable: true }),
    toolCallId: t.exposeString('toolCallId', { nullable: true }),
    refusal: t.exposeString('refusal', { nullable: true }),
    toolCalls: t.field({
      type: ['JSONObject'],
      nullable: true,
      description:
        "Tool calls of the model, in the provider's format. Keys keep their order, except that keys which are whole numbers come first, as everywhere in JavaScript. Numbers are doubles. Null when there are none.",
      resolve: ({ toolCalls }) => toolCalls,
    }),
    functionCall: t.expose('functionCall', { type: 'JSONObject', nullable: true }),
    revision: t.exposeInt('revision'),
    status: t.expose('status', { type: ChatMessageStatus }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});
