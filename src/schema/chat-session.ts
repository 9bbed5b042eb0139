import { needsInfo } from '@chatledger/text-executor';
import { credentialsOf } from '../ledger/credentials.js';
import { findSession, sessionOf } from '../ledger/sessions.js';
import { defaultMessagePage, defaultSessionPage } from '../ledger/limits.js';
import { listMessages, listSessions, messageWindow } from '../ledger/lists.js';
import { builder } from './builder.js';
import { ChatMessage } from './chat-message.js';
import { selectedSessions, messageColumns, sessionColumns } from './columns.js';
import { connectionType, windowArguments } from './connection.js';
import { Node } from './interfaces.js';
import { prefetchedMessages, selectedMessages } from './prefetch.js';
import { pageOf } from './size.js';

const ChatMessageConnection = connectionType('ChatMessage', ChatMessage, 'in order of sequence');

export const ChatSession = builder.prismaObject('ChatSession', {
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id'),
    userId: t.exposeID('userId'),
    title: t.exposeString('title', { nullable: true }),
    credentials: t.field({
      type: 'JSONObject',
      nullable: true,
      description:
        "Secrets that the agent needs in this conversation, by name. Only the owner and services can read them; they are stored encrypted. Null, with an error CREDENTIALS_UNAVAILABLE, when the server can't decrypt them.",
      resolve: (session, _args, { ledger }) => credentialsOf(ledger, session),
    }),
    successfulAgentRuns: t.expose('successfulAgentRuns', { type: 'JSONObject' }),
    successfulAgentSchedules: t.expose('successfulAgentSchedules', { type: 'JSONObject' }),
    totalPromptTokens: t.exposeInt('totalPromptTokens'),
    totalCompletionTokens: t.exposeInt('totalCompletionTokens'),
    messageCount: t.exposeInt('messageCount'),
    nextSequence: t.exposeInt('nextSequence'),
    revision: t.exposeInt('revision'),
    epoch: t.exposeString('epoch', {
      description:
        'The epoch of the database that the revision belongs to. Send it with the revision to `chatSessionChanges` or `changes`.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    lastMessage: t.field({
      type: ChatMessage,
      nullable: true,
      description: 'The message with the highest sequence. Null when the session has none.',
      extensions: needsInfo,
      resolve: async (session, _args, { ledger }, info) => {
        const newest = { window: messageWindow({ last: 1 }), columns: messageColumns(info) };
        const { rows } = await listMessages(ledger, session, newest).page();
        return rows[0] ?? null;
      },
    }),
    messages: t.field({
      type: ChatMessageConnection,
      description: 'The messages in order of sequence. Without arguments the newest 100.',
      args: windowArguments(t.arg, 'When only a cursor is given, 100.'),
      extensions: { ...needsInfo, size: pageOf(defaultMessagePage) },
      resolve: (session, args, context, info) =>
        listMessages(context.ledger, session, selectedMessages(context, args, info)),
    }),
  }),
});

builder.prismaObjectField('ChatMessage', 'session', (t) =>
  t.field({
    type: ChatSession,
    description: 'The session that the message belongs to.',
    extensions: needsInfo,
    resolve: (message, _args, { ledger }, info) => sessionOf(ledger, message, sessionColumns(info)),
  }),
);

const ChatSessionConnection = connectionType('ChatSession', ChatSession, 'most recently changed first');

builder.queryFields((t) => ({
  chatSession: t.field({
    type: ChatSession,
    nullable: true,
    description: 'A session by its id. Null when it does not exist, or this viewer may not see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the session.' }) },
    extensions: needsInfo,
    resolve: (_query, { id }, context, info) =>
      findSession(context.ledger, id, sessionColumns(info), prefetchedMessages(context, info)),
  }),
  chatSessions: t.field({
    type: ChatSessionConnection,
    description: "A user's sessions, most recently changed first.",
    args: {
      userId: t.arg.id({
        description:
          'The owner of the sessions. Services have to give it; for users it is their own id by default.',
      }),
      ...windowArguments(t.arg, 'Without any argument 50.'),
      offset: t.arg.int({
        description:
          'Number of sessions to skip, 0 to 10,000. A cursor is faster, and reliable while the list changes.',
      }),
    },
    extensions: { ...needsInfo, size: pageOf(defaultSessionPage) },
    resolve: (_query, args, context, info) =>
      listSessions(context.ledger, args, selectedSessions(info), prefetchedMessages(context, info)),
  }),
}));
