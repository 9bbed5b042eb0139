import { needsInfo } from '@chatledger/text-executor';
import { JsonText } from '../data/row-values.js';
import type { ChatMessageRow } from '../data/rows.js';
import {
  ContentConflictError,
  MessageIdConflictError,
  NotFoundError,
  SequenceConflictError,
} from '../errors.js';
import { appendMessage, appendMessages, type Appended, type AppendedOne } from '../ledger/append.js';
import { maxBatch } from '../ledger/limits.js';
import { updateToolContent } from '../ledger/tool-content.js';
import { builder } from './builder.js';
import { ChatMessage, ChatMessageRole } from './chat-message.js';
import { appendedSelection, messageColumns } from './columns.js';
import type { Size } from './size.js';

const ChatMessageInput = builder.inputType('ChatMessageInput', {
  description: 'A message to append.',
  fields: (t) => ({
    id: t.id({
      description:
        'A UUID of your choice, which makes the append safe to retry: the same id with the same body is stored once. The server makes one otherwise.',
    }),
    role: t.field({ type: ChatMessageRole, required: true, description: 'The role of the author.' }),
    content: t.string({ description: 'The text, 1 MB of UTF-8 at most.' }),
    name: t.string({
      description: 'Name of the participant, tool or function, 500 UTF-16 code units at most.',
    }),
    toolCallId: t.string({
      description:
        'Id of the tool call that this message answers, 1 to 500 UTF-16 code units. updateToolMessageContent finds messages of role TOOL by it; other roles may have it too.',
    }),
    refusal: t.string({ description: "The model's refusal, 1 MB of UTF-8 at most." }),
    toolCalls: t.field({
      type: ['JSONObject'],
      description: 'Tool calls of the model, 256 kB at most. ChatMessage.toolCalls says how they are stored.',
    }),
    functionCall: t.field({
      type: 'JSONObject',
      description: 'A function call in the older style, 256 kB at most.',
    }),
  }),
});

const AppendChatMessageInput = builder.inputType('AppendChatMessageInput', {
  description: 'A message to append to a session.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    sequence: t.int({
      description:
        'The sequence of the message, 0 to 1,000,000,000. By default the message is appended after the last one, which never conflicts.',
    }),
    message: t.field({ type: ChatMessageInput, required: true, description: 'The message.' }),
  }),
});

const AppendChatMessagesInput = builder.inputType('AppendChatMessagesInput', {
  description: 'Messages to append to a session as one batch.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    startSequence: t.int({
      description:
        'The sequence of the first message, 0 to 1,000,000,000. By default the batch is appended after the last message, which never conflicts.',
    }),
    messages: t.field({
      type: [ChatMessageInput],
      required: true,
      description: 'The messages in order, 0 to 500. An empty batch succeeds and changes nothing.',
    }),
  }),
});

const AppendChatMessageSuccess = builder.objectRef<AppendedOne>('AppendChatMessageSuccess').implement({
  description: 'The message is stored.',
  fields: (t) => ({
    chatMessage: t.expose('chatMessage', { type: ChatMessage, description: 'The message as it is stored.' }),
    replayed: t.exposeBoolean('replayed', {
      description: 'True when an earlier attempt had stored it. This one changed nothing.',
    }),
  }),
});

const AppendChatMessagesSuccess = builder.objectRef<Appended>('AppendChatMessagesSuccess').implement({
  description: 'All messages of the batch are stored, in order and without a gap.',
  fields: (t) => ({
    chatMessages: t.field({
      type: [ChatMessage],
      description: 'The messages as they are stored, in order of sequence.',
      // JSON is a list of messages to whoever writes the answer as text, and nobody else asks for it.
      resolve: ({ chatMessages }) =>
        chatMessages instanceof JsonText ? (chatMessages as never) : [...chatMessages],
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'True when an earlier attempt had stored the batch. This one changed nothing.',
    }),
  }),
});

const UpdateToolMessageContentInput = builder.inputType('UpdateToolMessageContentInput', {
  description: 'The result of a tool call, for the message that answers it.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    toolCallId: t.string({
      required: true,
      description:
        'Id of the tool call. If several messages answer it and messageId is absent, the newest with the expected content is updated if one was given, else the newest without content, else the newest.',
    }),
    messageId: t.id({
      description:
        'The message of role TOOL that answers the call. Give it if ids of tool calls repeat, as with some providers: then a retry finds the same message.',
    }),
    content: t.string({ required: true, description: 'The new content, 1 MB of UTF-8 at most.' }),
    expectedContent: t.string({
      description:
        'Updates the message only if this is its content; null stands for no content. By default any content is replaced.',
    }),
  }),
});

const UpdateToolMessageContentSuccess = builder
  .objectRef<{ chatMessage: ChatMessageRow }>('UpdateToolMessageContentSuccess')
  .implement({
    description: 'The message has the content.',
    fields: (t) => ({
      chatMessage: t.expose('chatMessage', {
        type: ChatMessage,
        description: 'The message after the update.',
      }),
    }),
  });

const appendErrors = [NotFoundError, SequenceConflictError, MessageIdConflictError];

builder.mutationFields((t) => ({
  appendChatMessage: t.field({
    type: AppendChatMessageSuccess,
    description: 'Appends one message. Any number of clients may append at the same time.',
    errors: {
      types: appendErrors,
      union: { name: 'AppendChatMessageResult', description: 'Result of appendChatMessage.' },
    },
    args: {
      input: t.arg({
        type: AppendChatMessageInput,
        required: true,
        description: 'The session and what to append.',
      }),
    },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => appendMessage(ledger, input, messageColumns(info)),
  }),
  appendChatMessages: t.field({
    type: AppendChatMessagesSuccess,
    description: 'Appends a batch: all its messages, in order and without a gap, or none.',
    errors: {
      types: appendErrors,
      union: { name: 'AppendChatMessagesResult', description: 'Result of appendChatMessages.' },
    },
    args: {
      input: t.arg({
        type: AppendChatMessagesInput,
        required: true,
        description: 'The session and what to append.',
      }),
    },
    extensions: {
      ...needsInfo,
      size: { from: [['input', 'messages']], otherwise: 1, most: maxBatch, isWritten: true } satisfies Size,
    },
    resolve: (_mutation, { input }, { ledger }, info) =>
      appendMessages(ledger, input, appendedSelection(info)),
  }),
  updateToolMessageContent: t.field({
    type: UpdateToolMessageContentSuccess,
    description: 'Sets the content of the message of role TOOL that answers a tool call.',
    errors: {
      types: [NotFoundError, ContentConflictError],
      union: {
        name: 'UpdateToolMessageContentResult',
        description: 'Result of updateToolMessageContent.',
      },
    },
    args: {
      input: t.arg({
        type: UpdateToolMessageContentInput,
        required: true,
        description: 'Which message, and its new content.',
      }),
    },
    extensions: needsInfo,
    resolve: async (_mutation, { input }, { ledger }, info) => ({
      chatMessage: await updateToolContent(ledger, input, messageColumns(info)),
    }),
  }),
}));
