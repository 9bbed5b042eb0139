import { needsInfo } from '@chatledger/text-executor';
import type { ChatSessionRow } from '../data/rows.js';
import { ChatSessionIdTakenError, NotFoundError } from '../errors.js';
import { changeSession, createSession, removeSession } from '../ledger/sessions.js';
import { builder } from './builder.js';
import { ChatSession } from './chat-session.js';
import { sessionColumns } from './columns.js';

const CreateChatSessionInput = builder.inputType('CreateChatSessionInput', {
  description: 'A new session.',
  fields: (t) => ({
    id: t.id({
      description:
        'A UUID of your choice, which makes the creation safe to retry. The server makes one otherwise.',
    }),
    userId: t.id({ description: 'The owner. A user may leave it out, a service gives it.' }),
    title: t.string({
      description:
        'A name for people to read, 500 UTF-16 code units at most. Nothing but blanks is no title.',
    }),
    credentials: t.field({
      type: 'JSONObject',
      description: 'Secrets by name, 256 kB at most, without the key `__proto__`. Empty by default.',
    }),
    successfulAgentRuns: t.field({
      type: 'JSONObject',
      description:
        'Successful runs by agent id, as any JSON, 256 kB at most, without the key `__proto__`. Empty by default.',
    }),
    successfulAgentSchedules: t.field({
      type: 'JSONObject',
      description:
        'Successful schedules by agent id, as any JSON, 256 kB at most, without the key `__proto__`. Empty by default.',
    }),
  }),
});

const CreateChatSessionSuccess = builder
  .objectRef<{ chatSession: ChatSessionRow; created: boolean }>('CreateChatSessionSuccess')
  .implement({
    description: 'The session is there.',
    fields: (t) => ({
      chatSession: t.expose('chatSession', { type: ChatSession, description: 'The session.' }),
      created: t.exposeBoolean('created', {
        description: 'False when it was there before, as after a retry. It is unchanged then.',
      }),
    }),
  });

const JsonUpdate = builder.enumType('JsonUpdate', {
  description: 'What an update does with the JSON maps that it names.',
  values: {
    REPLACE: { value: 'replace', description: 'The given map takes the place of the stored one.' },
    MERGE: {
      value: 'merge',
      description: 'The given top-level keys are set, those given as null are removed, all others stay.',
    },
  } as const,
});

const UpdateChatSessionInput = builder.inputType('UpdateChatSessionInput', {
  description: 'Changes to a session. What is absent stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Id of the session.' }),
    title: t.string({
      description:
        'The new title, 500 UTF-16 code units at most; null, or nothing but blanks, takes the title away.',
    }),
    onlyIfUntitled: t.boolean({
      defaultValue: false,
      description: 'Leaves a title that is already there. The update succeeds all the same.',
    }),
    jsonUpdate: t.field({
      type: JsonUpdate,
      defaultValue: 'replace',
      description: 'What to do with the JSON maps below.',
    }),
    credentials: t.field({
      type: 'JSONObject',
      description: 'Secrets by name, 256 kB at most, without the key `__proto__`.',
    }),
    successfulAgentRuns: t.field({
      type: 'JSONObject',
      description: 'Successful runs by agent id, as any JSON, 256 kB at most, without the key `__proto__`.',
    }),
    successfulAgentSchedules: t.field({
      type: 'JSONObject',
      description:
        'Successful schedules by agent id, as any JSON, 256 kB at most, without the key `__proto__`.',
    }),
    totalPromptTokens: t.int({ description: 'Sets the counter.' }),
    totalCompletionTokens: t.int({ description: 'Sets the counter.' }),
    addPromptTokens: t.int({
      description: 'Adds to totalPromptTokens, in the database. A retry adds again.',
    }),
    addCompletionTokens: t.int({
      description: 'Adds to totalCompletionTokens, in the database. A retry adds again.',
    }),
  }),
});

const UpdateChatSessionSuccess = builder
  .objectRef<{ chatSession: ChatSessionRow }>('UpdateChatSessionSuccess')
  .implement({
    description: 'The session is as the input wants it.',
    fields: (t) => ({
      chatSession: t.expose('chatSession', {
        type: ChatSession,
        description: 'The session after the update.',
      }),
    }),
  });

const DeleteChatSessionInput = builder.inputType('DeleteChatSessionInput', {
  description: 'A session to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Id of the session.' }) }),
});

const DeleteChatSessionSuccess = builder
  .objectRef<{ id: string; replayed: boolean }>('DeleteChatSessionSuccess')
  .implement({
    description: 'The session and its messages are gone.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of the session that was.' }),
      replayed: t.exposeBoolean('replayed', {
        description: 'True when the session had been deleted before, as after a retry.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  createChatSession: t.field({
    type: CreateChatSessionSuccess,
    description: 'Creates a session. With an id of your choice it is safe to retry.',
    errors: {
      types: [ChatSessionIdTakenError],
      union: { name: 'CreateChatSessionResult', description: 'What createChatSession comes to.' },
    },
    args: { input: t.arg({ type: CreateChatSessionInput, required: true, description: 'The new session.' }) },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => createSession(ledger, input, sessionColumns(info)),
  }),
  updateChatSession: t.field({
    type: UpdateChatSessionSuccess,
    description: 'Changes a session. An update that leaves everything as it is makes no new revision.',
    errors: {
      types: [NotFoundError],
      union: { name: 'UpdateChatSessionResult', description: 'What updateChatSession comes to.' },
    },
    args: { input: t.arg({ type: UpdateChatSessionInput, required: true, description: 'What to change.' }) },
    extensions: needsInfo,
    resolve: async (_mutation, { input }, { ledger }, info) => ({
      chatSession: await changeSession(ledger, input, sessionColumns(info)),
    }),
  }),
  deleteChatSession: t.field({
    type: DeleteChatSessionSuccess,
    description:
      'Deletes a session with all its messages. Safe to retry: a deletion is remembered for 30 days, and answered with NotFoundError only after that.',
    errors: {
      types: [NotFoundError],
      union: { name: 'DeleteChatSessionResult', description: 'What deleteChatSession comes to.' },
    },
    args: { input: t.arg({ type: DeleteChatSessionInput, required: true, description: 'What to delete.' }) },
    resolve: (_mutation, { input }, { ledger }) => removeSession(ledger, input),
  }),
}));
