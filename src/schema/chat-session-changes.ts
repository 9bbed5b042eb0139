import { needsInfo } from '@chatledger/text-executor';
import type { ChatSessionChange as Change } from '../ledger/feed/changes.js';
import type { ChangePage } from '../ledger/feed/page.js';
import { listChanges } from '../ledger/feed/poll-changes.js';
import { watchSession } from '../ledger/feed/watch-session.js';
import { defaultChanges } from '../ledger/limits.js';
import { builder } from './builder.js';
import { ChatMessage } from './chat-message.js';
import { ChatSession } from './chat-session.js';
import { messageColumns } from './columns.js';
import { pageOf } from './size.js';

const epochDescription =
  'The epoch of the database that the revision belongs to. Give it back with the revision: when the database was replaced meanwhile, by a standby or a backup that need not have all that was told, you get CONFLICT and read the session anew.';
const epochArgument =
  'The epoch that came with the revision. CONFLICT when the database has another one by now: read the session anew. Without it only an open stream can tell.';

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

const ChatSessionChange = builder.interfaceRef<Change>('ChatSessionChange').implement({
  description:
    'Something that happened to a session. Applied in order to what a client held before them, changes give what the ledger holds.',
  fields: (t) => ({
    revision: t.exposeInt('revision', {
      description:
        'The revision up to which this change and those before it tell everything. Go on from it with `afterRevision`.',
    }),
    epoch: t.exposeString('epoch', { description: epochDescription }),
  }),
  resolveType: ({ kind }) => typeNames[kind],
});

const typeNames = {
  appended: 'ChatMessagesAppended',
  content: 'ChatMessageContentChanged',
  grew: 'ChatMessageGrew',
  session: 'ChatSessionUpdated',
  deleted: 'ChatSessionDeleted',
  'caught-up': 'ChatSessionCaughtUp',
} as const satisfies Record<Change['kind'], string>;

builder.objectRef<ChangeOf<'appended'>>(typeNames.appended).implement({
  description:
    'Messages came into the session: one, a batch, or several that are told together because one of them has changed since.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    chatMessages: t.field({
      type: [ChatMessage],
      description:
        'The messages in order of sequence. One that is IN_PROGRESS has the content with which it began, and grows by the changes that follow. Any other is as it is now, which may be later than this revision.',
      resolve: ({ messages }) => [...messages],
    }),
  }),
});

builder.objectRef<ChangeOf<'content'>>(typeNames.content).implement({
  description:
    'A message has new content: the result of a tool call, or the end of an answer that was being streamed. It takes the place of what the client holds.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    chatMessage: t.expose('message', { type: ChatMessage, description: 'The message as it is now.' }),
  }),
});

builder.objectRef<ChangeOf<'grew'>>(typeNames.grew).implement({
  description: 'A message that is IN_PROGRESS has grown.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: 'Id of the message.' }),
    offset: t.exposeInt('offset', {
      description: 'Where the delta begins, in UTF-16 code units: the length of the content before it.',
    }),
    delta: t.exposeString('delta', { description: 'What was added to the content.' }),
  }),
});

builder.objectRef<ChangeOf<'session'>>(typeNames.session).implement({
  description: 'The title, the counters of tokens or the JSON maps of the session changed.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    chatSession: t.expose('session', { type: ChatSession, description: 'The session as it is now.' }),
  }),
});

builder.objectRef<ChangeOf<'deleted'>>(typeNames.deleted).implement({
  description:
    'The session was deleted with all its messages. The stream is complete after it, unless a session of the same id has come back since: then its changes follow.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'Id of the session that was.' }),
  }),
});

builder.objectRef<ChangeOf<'caught-up'>>(typeNames['caught-up']).implement({
  description:
    'All that had happened until this revision has been told; what follows happens from now on. The first change when no revision was given. It may come again later, when the session has come to a revision that no other change tells of.',
  interfaces: [ChatSessionChange],
});

const ChatSessionChangePage = builder.objectRef<ChangePage>('ChatSessionChangePage').implement({
  description: 'What happened to a session after a revision, as far as one answer holds it.',
  fields: (t) => ({
    changes: t.field({
      type: [ChatSessionChange],
      description: 'The changes in order of revision.',
      resolve: ({ changes }) => [...changes],
    }),
    revision: t.exposeInt('revision', { description: 'Go on from it with `afterRevision`.' }),
    epoch: t.exposeString('epoch', { description: epochDescription }),
    hasMore: t.exposeBoolean('more', { description: 'Whether there are more changes already.' }),
  }),
});

builder.prismaObjectField('ChatSession', 'changes', (t) =>
  t.field({
    type: ChatSessionChangePage,
    description:
      'What happened to the session after a revision, for clients that poll. The subscription chatSessionChanges tells the same as it happens.',
    args: {
      afterRevision: t.arg.int({
        defaultValue: 0,
        description: 'The last revision that the client has seen. 0 gives all messages.',
      }),
      epoch: t.arg.string({ description: epochArgument }),
      first: t.arg.int({ description: 'So many changes at most: 1 to 1,000. 100 by default.' }),
    },
    extensions: { ...needsInfo, size: pageOf(defaultChanges) },
    resolve: (session, { afterRevision, ...poll }, { ledger }, info) =>
      listChanges(ledger, session, { ...poll, afterRevision: afterRevision ?? 0 }, messageColumns(info)),
  }),
);

builder.subscriptionField('chatSessionChanges', (t) =>
  t.field({
    type: ChatSessionChange,
    description:
      'What happens to a session, each change once and in order. A stream that ends without ChatSessionDeleted may be resumed with the revision and the epoch of its last change. It ends with CONFLICT when the database is replaced by one that need not have all that was told: then read the session anew.',
    args: {
      sessionId: t.arg.id({ required: true, description: 'Id of the session.' }),
      afterRevision: t.arg.int({
        description:
          'The last revision that the client has seen: first comes what happened since, then ChatSessionCaughtUp, then what happens. Without it the stream begins with ChatSessionCaughtUp.',
      }),
      epoch: t.arg.string({ description: epochArgument }),
    },
    subscribe: (_subscription, watch, { ledger, feed, expiresAt }) =>
      watchSession(ledger, feed, watch, expiresAt),
    resolve: (change) => change,
  }),
);
