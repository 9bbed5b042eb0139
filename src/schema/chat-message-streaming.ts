import { needsInfo } from '@chatledger/text-executor';
import {
  MessageIdConflictError,
  MessageNotInProgressError,
  NotFoundError,
  OffsetConflictError,
} from '../errors.js';
import type { AppendedOne } from '../ledger/append.js';
import { extendContent, type Extended } from '../ledger/extend.js';
import { finishContent } from '../ledger/finish.js';
import { startMessage } from '../ledger/start.js';
import { builder } from './builder.js';
import { ChatMessage } from './chat-message.js';
import { messageColumns } from './columns.js';

const StartChatMessageInput = builder.inputType('StartChatMessageInput', {
  description: 'A streamed answer to start.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    id: t.id({
      description:
        'A UUID of your choice, which makes the start safe to retry: the same id with the same input starts one message. The server makes one otherwise.',
    }),
    content: t.string({ description: 'The beginning of the text, 1 MB of UTF-8 at most. Empty by default.' }),
    name: t.string({ description: 'Name of the participant, 500 UTF-16 code units at most.' }),
  }),
});

const StartChatMessageSuccess = builder.objectRef<AppendedOne>('StartChatMessageSuccess').implement({
  description: 'The message exists.',
  fields: (t) => ({
    chatMessage: t.expose('chatMessage', { type: ChatMessage, description: 'The message as it is now.' }),
    replayed: t.exposeBoolean('replayed', {
      description:
        'True when an earlier attempt had started it. This one changed nothing; the message may have grown or ended since.',
    }),
  }),
});

const ExtendChatMessageInput = builder.inputType('ExtendChatMessageInput', {
  description: 'The next piece of a streamed message.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    messageId: t.id({ required: true, description: 'Id of the message, which must be IN_PROGRESS.' }),
    offset: t.int({
      required: true,
      description:
        'Length of the text before the piece, in UTF-16 code units as JavaScript counts them: 0 to 1,000,000.',
    }),
    delta: t.string({
      required: true,
      description:
        'The piece, not cut inside a surrogate pair. An empty piece keeps the message from failing while the model thinks. The whole text has 1 MB of UTF-8 at most.',
    }),
  }),
});

const ExtendChatMessageSuccess = builder.objectRef<Extended>('ExtendChatMessageSuccess').implement({
  description: 'The text has the piece at the given offset.',
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: 'Id of the message.' }),
    length: t.exposeInt('length', {
      description: 'Length of the text in UTF-16 code units: the next offset.',
    }),
    revision: t.exposeInt('revision', {
      description: 'Revision of the session at the last change of the message.',
    }),
    replayed: t.exposeBoolean('replayed', {
      description:
        'True when the text had the piece before, such as after a retry. This attempt changed nothing.',
    }),
  }),
});

const FinishedChatMessageStatus = builder.enumType('FinishedChatMessageStatus', {
  description: 'How a streamed message ended.',
  values: {
    COMPLETE: { value: 'complete', description: 'The message is complete.' },
    FAILED: { value: 'failed', description: 'The writer failed.' },
    CANCELLED: { value: 'cancelled', description: 'The message was cancelled.' },
  } as const,
});

const ChatMessageUsageInput = builder.inputType('ChatMessageUsageInput', {
  description:
    "Tokens that the answer took. They are added to the session's counters, which stop at 2,147,483,647.",
  fields: (t) => ({
    promptTokens: t.int({ description: "Added to the session's totalPromptTokens. 0 by default." }),
    completionTokens: t.int({
      description: "Added to the session's totalCompletionTokens. 0 by default.",
    }),
  }),
});

const FinishChatMessageInput = builder.inputType('FinishChatMessageInput', {
  description: 'The end of a streamed message. Fields that are absent or null stay as they are.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    messageId: t.id({ required: true, description: 'Id of the message.' }),
    status: t.field({
      type: FinishedChatMessageStatus,
      required: true,
      description: 'How the message ended.',
    }),
    content: t.string({
      description: 'Replaces the whole text received so far, 1 MB of UTF-8 at most.',
    }),
    toolCalls: t.field({
      type: ['JSONObject'],
      description: 'Tool calls of the model, 256 kB at most. ChatMessage.toolCalls says how they are stored.',
    }),
    refusal: t.string({ description: "The model's refusal, 1 MB of UTF-8 at most." }),
    usage: t.field({
      type: ChatMessageUsageInput,
      description: 'Tokens that the answer took. Retries do not add them again.',
    }),
  }),
});

const FinishChatMessageSuccess = builder.objectRef<AppendedOne>('FinishChatMessageSuccess').implement({
  description: 'The message has ended.',
  fields: (t) => ({
    chatMessage: t.expose('chatMessage', { type: ChatMessage, description: 'The message as it is stored.' }),
    replayed: t.exposeBoolean('replayed', {
      description: 'True when an earlier attempt had finished it the same way. This one changed nothing.',
    }),
  }),
});

builder.mutationFields((t) => ({
  startChatMessage: t.field({
    type: StartChatMessageSuccess,
    description:
      'Appends a message of role ASSISTANT that is IN_PROGRESS. extendChatMessage adds text to it and finishChatMessage ends it. Readers see the text so far.',
    errors: {
      types: [NotFoundError, MessageIdConflictError],
      union: { name: 'StartChatMessageResult', description: 'Result of startChatMessage.' },
    },
    args: {
      input: t.arg({
        type: StartChatMessageInput,
        required: true,
        description: 'The session and what to append.',
      }),
    },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => startMessage(ledger, input, messageColumns(info)),
  }),
  extendChatMessage: t.field({
    type: ExtendChatMessageSuccess,
    description:
      'Adds a piece of text to the end of a message IN_PROGRESS, if the text ends at the given offset. Safe to retry: a piece that is already there is not added again. A message whose writer sends nothing for STREAM_TIMEOUT_SECONDS fails and keeps its text.',
    errors: {
      types: [NotFoundError, OffsetConflictError, MessageNotInProgressError],
      union: { name: 'ExtendChatMessageResult', description: 'Result of extendChatMessage.' },
    },
    args: {
      input: t.arg({
        type: ExtendChatMessageInput,
        required: true,
        description: 'The session and what to append.',
      }),
    },
    resolve: (_mutation, { input }, { ledger }) => extendContent(ledger, input),
  }),
  finishChatMessage: t.field({
    type: FinishChatMessageSuccess,
    description:
      'Ends a message IN_PROGRESS. Safe to retry: the same end again changes nothing. A message that failed because its writer sent nothing for too long still accepts a late end.',
    errors: {
      types: [NotFoundError, MessageNotInProgressError],
      union: { name: 'FinishChatMessageResult', description: 'Result of finishChatMessage.' },
    },
    args: {
      input: t.arg({
        type: FinishChatMessageInput,
        required: true,
        description: 'Which message, and how it ended.',
      }),
    },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => finishContent(ledger, input, messageColumns(info)),
  }),
}));
