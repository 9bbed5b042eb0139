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
  description: 'An answer of the model that is about to be written.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    id: t.id({
      description:
        'A UUID of your choice, which makes the start safe to retry: the same id with the same input starts one message. The server makes one otherwise.',
    }),
    content: t.string({ description: 'The beginning of the text, if there is one: 1 MB of UTF-8 at most.' }),
    name: t.string({ description: 'Name of the participant, 500 UTF-16 code units at most.' }),
  }),
});

const StartChatMessageSuccess = builder.objectRef<AppendedOne>('StartChatMessageSuccess').implement({
  description: 'The message is there.',
  fields: (t) => ({
    chatMessage: t.expose('chatMessage', { type: ChatMessage, description: 'The message as it is now.' }),
    replayed: t.exposeBoolean('replayed', {
      description:
        'True when an earlier try had started it. Nothing has changed then, and the message may have grown or come to its end since.',
    }),
  }),
});

const ExtendChatMessageInput = builder.inputType('ExtendChatMessageInput', {
  description: 'The next piece of a text.',
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
        'The piece, cut between characters and not inside a surrogate pair. An empty one is a sign of life, which keeps the message from failing when the model thinks for long. The whole text has 1 MB of UTF-8 at most.',
    }),
  }),
});

const ExtendChatMessageSuccess = builder.objectRef<Extended>('ExtendChatMessageSuccess').implement({
  description: 'The text has the piece at its offset.',
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: 'Id of the message.' }),
    length: t.exposeInt('length', {
      description: 'Length of the text in UTF-16 code units: the next offset.',
    }),
    revision: t.exposeInt('revision', {
      description: 'Revision of the session at the last change of the message.',
    }),
    replayed: t.exposeBoolean('replayed', {
      description: 'True when the piece was there already, as after a retry. Nothing has changed then.',
    }),
  }),
});

const FinishedChatMessageStatus = builder.enumType('FinishedChatMessageStatus', {
  description: 'How a message that was streamed came to its end: the last three of ChatMessageStatus.',
  values: {
    COMPLETE: { value: 'complete', description: 'It is whole.' },
    FAILED: { value: 'failed', description: 'Its writer failed.' },
    CANCELLED: { value: 'cancelled', description: 'Somebody stopped it.' },
  } as const,
});

const ChatMessageUsageInput = builder.inputType('ChatMessageUsageInput', {
  description:
    'Tokens that the answer took, to be added to the counters of the session. A counter stops at 2,147,483,647: an answer is not refused for it.',
  fields: (t) => ({
    promptTokens: t.int({ description: 'Adds to totalPromptTokens of the session. None by default.' }),
    completionTokens: t.int({
      description: 'Adds to totalCompletionTokens of the session. None by default.',
    }),
  }),
});

const FinishChatMessageInput = builder.inputType('FinishChatMessageInput', {
  description: 'The end of a message that was streamed. What is absent or null stays as the message has it.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'Id of the session.' }),
    messageId: t.id({ required: true, description: 'Id of the message.' }),
    status: t.field({ type: FinishedChatMessageStatus, required: true, description: 'How it ended.' }),
    content: t.string({
      description: 'Takes the place of the whole text that has come in so far, 1 MB of UTF-8 at most.',
    }),
    toolCalls: t.field({
      type: ['JSONObject'],
      description:
        'Tool calls that the model made, 256 kB at most. See ChatMessage.toolCalls for how they are kept.',
    }),
    refusal: t.string({ description: "The model's refusal, 1 MB of UTF-8 at most." }),
    usage: t.field({
      type: ChatMessageUsageInput,
      description: 'Tokens that the answer took. They are added once, however often this is retried.',
    }),
  }),
});

const FinishChatMessageSuccess = builder.objectRef<AppendedOne>('FinishChatMessageSuccess').implement({
  description: 'The message has come to this end.',
  fields: (t) => ({
    chatMessage: t.expose('chatMessage', { type: ChatMessage, description: 'The message as it is stored.' }),
    replayed: t.exposeBoolean('replayed', {
      description: 'True when an earlier try of the same had finished it. Nothing has changed then.',
    }),
  }),
});

builder.mutationFields((t) => ({
  startChatMessage: t.field({
    type: StartChatMessageSuccess,
    description:
      'Appends a message of role ASSISTANT that is IN_PROGRESS, for extendChatMessage to write and finishChatMessage to end. Everybody reads what it holds so far.',
    errors: {
      types: [NotFoundError, MessageIdConflictError],
      union: { name: 'StartChatMessageResult', description: 'What startChatMessage comes to.' },
    },
    args: { input: t.arg({ type: StartChatMessageInput, required: true, description: 'Where and what.' }) },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => startMessage(ledger, input, messageColumns(info)),
  }),
  extendChatMessage: t.field({
    type: ExtendChatMessageSuccess,
    description:
      'Puts a piece of text behind what a message IN_PROGRESS holds, if that ends at the given offset. Safe to retry: a piece that stands there already is not added again. A message of whose writer nothing is heard for STREAM_TIMEOUT_SECONDS fails and keeps its text.',
    errors: {
      types: [NotFoundError, OffsetConflictError, MessageNotInProgressError],
      union: { name: 'ExtendChatMessageResult', description: 'What extendChatMessage comes to.' },
    },
    args: { input: t.arg({ type: ExtendChatMessageInput, required: true, description: 'Where and what.' }) },
    resolve: (_mutation, { input }, { ledger }) => extendContent(ledger, input),
  }),
  finishChatMessage: t.field({
    type: FinishChatMessageSuccess,
    description:
      'Ends a message IN_PROGRESS. Safe to retry: the same end again changes nothing. A message that failed because nothing was heard of its writer takes an end that comes late.',
    errors: {
      types: [NotFoundError, MessageNotInProgressError],
      union: { name: 'FinishChatMessageResult', description: 'What finishChatMessage comes to.' },
    },
    args: { input: t.arg({ type: FinishChatMessageInput, required: true, description: 'Which and how.' }) },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => finishContent(ledger, input, messageColumns(info)),
  }),
}));
