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
    userId: t.id({
      description: 'The owner. Services have to give it; for users it is their own id by default.',
    }),
    title: t.string({
      description: 'A title for people, 500 UTF-16 code units at most. A blank title counts as none.',
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
    description: 'The session exists.',
    fields: (t) => ({
      chatSession: t.expose('chatSession', { type: ChatSession, description: 'The session.' }),
      created: t.exposeBoolean('created', {
        description: 'False when the session existed before, such as after a retry. It is unchanged then.',
      }),
    }),
  });

const JsonUpdate = builder.enumType('JsonUpdate', {
  description: 'How an update changes JSON maps.',
  values: {
    REPLACE: { value: 'replace', description: 'The given map replaces the stored one.' },
    MERGE: {
      value: 'merge',
      description: 'Given top-level keys are set, keys given as null are removed, all others stay.',
    },
  } as const,
});

const UpdateChatSessionInput = builder.inputType('UpdateChatSessionInput', {
  description: 'Changes to a session. Absent fields stay as they are.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Id of the session.' }),
    title: t.string({
      description: 'The new title, 500 UTF-16 code units at most. Null or blank removes the title.',
    }),
    onlyIfUntitled: t.boolean({
      defaultValue: false,
      description: 'Keeps an existing title. The update succeeds all the same.',
    }),
    jsonUpdate: t.field({
      type: JsonUpdate,
      defaultValue: 'replace',
      description: 'How to change the JSON maps of this input.',
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
      description: 'Added to totalPromptTokens. A retry adds again.',
    }),
    addCompletionTokens: t.int({
      description: 'Added to totalCompletionTokens. A retry adds again.',
    }),
  }),
});

const UpdateChatSessionSuccess = builder
  .objectRef<{ chatSession: ChatSessionRow }>('UpdateChatSessionSuccess')
  .implement({
    description: 'The session has the given values.',
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
    description: 'The session and its messages are deleted.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of the deleted session.' }),
      replayed: t.exposeBoolean('replayed', {
        description: 'True when the session had been deleted before, such as after a retry.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  createChatSession: t.field({
    type: CreateChatSessionSuccess,
    description: 'Creates a session. With an id of your choice it is safe to retry.',
    errors: {
      types: [ChatSessionIdTakenError],
      union: { name: 'CreateChatSessionResult', description: 'Result of createChatSession.' },
    },
    args: { input: t.arg({ type: CreateChatSessionInput, required: true, description: 'The new session.' }) },
    extensions: needsInfo,
    resolve: (_mutation, { input }, { ledger }, info) => createSession(ledger, input, sessionColumns(info)),
  }),
  updateChatSession: t.field({
    type: UpdateChatSessionSuccess,
    description: 'Updates a session. An update that changes nothing makes no new revision.',
    errors: {
      types: [NotFoundError],
      union: { name: 'UpdateChatSessionResult', description: 'Result of updateChatSession.' },
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
      'Deletes a session with all its messages. Safe to retry for 30 days, after which the answer is NotFoundError.',
    errors: {
      types: [NotFoundError],
      union: { name: 'DeleteChatSessionResult', description: 'Result of deleteChatSession.' },
    },
    args: { input: t.arg({ type: DeleteChatSessionInput, required: true, description: 'What to delete.' }) },
    resolve: (_mutation, { input }, { ledger }) => removeSession(ledger, input),
  }),
}));
