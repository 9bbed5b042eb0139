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
  'The epoch of the database that the revision belongs to. Send it with the revision. After the database was replaced by a standby or a backup, which may lack changes, the answer is CONFLICT: read the session again.';
const epochArgument =
  'The epoch that came with the revision. CONFLICT when the database has another epoch now: read the session again. Without it, only an open stream notices.';

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

const ChatSessionChange = builder.interfaceRef<Change>('ChatSessionChange').implement({
  description: 'A change of a session. A client that applies changes in order has what the server has.',
  fields: (t) => ({
    revision: t.exposeInt('revision', {
      description:
        'The revision up to which this change and those before it are complete. Continue from it with `afterRevision`.',
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
    'Messages were appended: one, a batch, or several that are reported together because one of them has changed since.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    chatMessages: t.field({
      type: [ChatMessage],
      description:
        'The messages in order of sequence. A message IN_PROGRESS has its first content and grows by the changes that follow. Other messages are as they are now, which may be later than this revision.',
      resolve: ({ messages }) => [...messages],
    }),
  }),
});

builder.objectRef<ChangeOf<'content'>>(typeNames.content).implement({
  description:
    'A message has new content: the result of a tool call, or the end of a streamed answer. It replaces the message that the client has.',
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
      description: 'Offset of the delta in UTF-16 code units: the length of the content before it.',
    }),
    delta: t.exposeString('delta', { description: 'The text that was added to the content.' }),
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
    'The session was deleted with all its messages. The stream ends after this change, unless a session with the same id was created since: then its changes follow.',
  interfaces: [ChatSessionChange],
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'Id of the deleted session.' }),
  }),
});

builder.objectRef<ChangeOf<'caught-up'>>(typeNames['caught-up']).implement({
  description:
    'All changes up to this revision have been sent; later ones follow as they happen. It is the first change when no revision was given. It may come again, when the session reached a revision that no other change reports.',
  interfaces: [ChatSessionChange],
});

const ChatSessionChangePage = builder.objectRef<ChangePage>('ChatSessionChangePage').implement({
  description: "A page of a session's changes.",
  fields: (t) => ({
    changes: t.field({
      type: [ChatSessionChange],
      description: 'The changes in order of revision.',
      resolve: ({ changes }) => [...changes],
    }),
    revision: t.exposeInt('revision', { description: 'Continue from it with `afterRevision`.' }),
    epoch: t.exposeString('epoch', { description: epochDescription }),
    hasMore: t.exposeBoolean('more', { description: 'Whether there are more changes already.' }),
  }),
});

builder.prismaObjectField('ChatSession', 'changes', (t) =>
  t.field({
    type: ChatSessionChangePage,
    description:
      'Changes of the session after a revision, for clients that poll. The subscription chatSessionChanges sends the same changes as they happen.',
    args: {
      afterRevision: t.arg.int({
        defaultValue: 0,
        description: 'The last revision that the client has seen. 0 gives all messages.',
      }),
      epoch: t.arg.string({ description: epochArgument }),
      first: t.arg.int({ description: 'Maximum number of changes, 1 to 1,000. 100 by default.' }),
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
      'The changes of a session, each once and in order. A stream that ends without ChatSessionDeleted can be resumed with the revision and the epoch of its last change. It ends with CONFLICT when the database was replaced by one that may lack changes: read the session again.',
    args: {
      sessionId: t.arg.id({ required: true, description: 'Id of the session.' }),
      afterRevision: t.arg.int({
        description:
          'The last revision that the client has seen. The changes since then come first, then ChatSessionCaughtUp, then changes as they happen. Without it the stream begins with ChatSessionCaughtUp.',
      }),
      epoch: t.arg.string({ description: epochArgument }),
    },
    subscribe: (_subscription, watch, { ledger, feed, expiresAt }) =>
      watchSession(ledger, feed, watch, expiresAt),
    resolve: (change) => change,
  }),
);
