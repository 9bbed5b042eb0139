import { watchList, type UserChatSessionChange as Change } from '../ledger/feed/watch-list.js';
import { builder } from './builder.js';
import { ChatSession } from './chat-session.js';

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

const UserChatSessionChange = builder.interfaceRef<Change>('UserChatSessionChange').implement({
  description: "A change of a user's list of sessions.",
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Continue from it with `after`.' }),
  }),
  resolveType: ({ kind }) => typeNames[kind],
});

const typeNames = {
  changed: 'UserChatSessionMoved',
  deleted: 'UserChatSessionDeleted',
  'caught-up': 'UserChatSessionsCaughtUp',
} as const satisfies Record<Change['kind'], string>;

builder.objectRef<ChangeOf<'changed'>>(typeNames.changed).implement({
  description:
    'A session was created or changed: its place in the list follows from its `updatedAt`. The start and the end of a streamed answer move it, the pieces in between do not.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    chatSession: t.expose('session', { type: ChatSession, description: 'The session as it is now.' }),
  }),
});

builder.objectRef<ChangeOf<'deleted'>>(typeNames.deleted).implement({
  description: 'A session was deleted.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'Id of the deleted session.' }),
  }),
});

builder.objectRef<ChangeOf<'caught-up'>>(typeNames['caught-up']).implement({
  description:
    'All changes so far have been sent; later ones follow as they happen. A list that is read now stays correct with the changes that follow.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    isStart: t.exposeBoolean('isStart', {
      description:
        'True when the stream began here, without a cursor: earlier changes were not sent, so read the list now. False when it continued after a cursor.',
    }),
  }),
});

builder.subscriptionField('userChatSessionChanges', (t) =>
  t.field({
    type: UserChatSessionChange,
    description:
      "The changes of a user's list of sessions. A session that changes often is sent in its newest state. No change is missed, whatever the clocks do and however late it is committed. A cursor is valid for 29 days, in the database that it comes from: after a crash, a failover or a restored backup it is refused with CONFLICT. Then subscribe without it, and read the list again.",
    args: {
      userId: t.arg.id({
        description:
          'The owner of the list. Services have to give it; for users it is their own id by default.',
      }),
      after: t.arg.string({
        description:
          'The cursor of the last change that the client has seen. The changes since then come first, then UserChatSessionsCaughtUp, then changes as they happen. CONFLICT when the changes since then are not known any more. Without it, or with an empty string, the stream begins with UserChatSessionsCaughtUp.',
      }),
    },
    subscribe: (_subscription, watch, { ledger, feed, expiresAt }) =>
      watchList(ledger, feed, watch, expiresAt),
    resolve: (change) => change,
  }),
);
