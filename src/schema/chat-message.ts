import { builder } from './builder.js';
import { Node } from './interfaces.js';

export const ChatMessageRole = builder.enumType('ChatMessageRole', {
  description: 'Who speaks in a message.',
  values: {
    SYSTEM: { value: 'system', description: 'Instructions for the model.' },
    DEVELOPER: {
      value: 'developer',
      description: 'Instructions for the model; newer models take these instead of SYSTEM.',
    },
    USER: { value: 'user', description: 'What the person said.' },
    ASSISTANT: { value: 'assistant', description: 'What the model answered.' },
    TOOL: { value: 'tool', description: 'The result of a tool call, found by its toolCallId.' },
    FUNCTION: {
      value: 'function',
      description: 'The result of a function call, in the older style of the chat format.',
    },
  } as const,
});

export const ChatMessageStatus = builder.enumType('ChatMessageStatus', {
  description: 'Whether a message is whole.',
  values: {
    IN_PROGRESS: { value: 'in_progress', description: 'It is being written: more of its content may come.' },
    COMPLETE: { value: 'complete', description: 'It is whole.' },
    FAILED: {
      value: 'failed',
      description: 'Its writer failed, or was not heard of for too long. It keeps what there was.',
    },
    CANCELLED: { value: 'cancelled', description: 'Somebody stopped it. It keeps what there was.' },
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
        "Tool calls that the model made, in the provider's format. Keys come back in the order they were sent, except that, as everywhere in JavaScript, keys that are whole numbers come first; numbers are doubles. Null when it made none.",
      resolve: ({ toolCalls }) => toolCalls,
    }),
    functionCall: t.expose('functionCall', { type: 'JSONObject', nullable: true }),
    revision: t.exposeInt('revision'),
    status: t.expose('status', { type: ChatMessageStatus }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
});
