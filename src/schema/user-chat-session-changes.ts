import { watchList, type UserChatSessionChange as Change } from '../ledger/feed/watch-list.js';
import { builder } from './builder.js';
import { ChatSession } from './chat-session.js';

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

const UserChatSessionChange = builder.interfaceRef<Change>('UserChatSessionChange').implement({
  description: "Something that happened to a user's list of sessions.",
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Go on from it with `after`.' }),
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
    'A session was created or changed: it belongs where its `updatedAt` puts it. The pieces of an answer that is being streamed do not move it, the start and the end of the answer do.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    chatSession: t.expose('session', { type: ChatSession, description: 'The session as it is now.' }),
  }),
});

builder.objectRef<ChangeOf<'deleted'>>(typeNames.deleted).implement({
  description: 'A session was deleted.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'Id of the session that was.' }),
  }),
});

builder.objectRef<ChangeOf<'caught-up'>>(typeNames['caught-up']).implement({
  description:
    'All that had happened has been told; what follows happens from now on. A list that is read now and changed by what follows stays right.',
  interfaces: [UserChatSessionChange],
  fields: (t) => ({
    isStart: t.exposeBoolean('isStart', {
      description:
        'Whether the stream began here, without a cursor: nothing was told of what happened before, so read the list now. False when it went on after a cursor.',
    }),
  }),
});

builder.subscriptionField('userChatSessionChanges', (t) =>
  t.field({
    type: UserChatSessionChange,
    description:
      "What happens to a user's list of sessions. A session that changes often is told with its newest state. Nothing is missed, whatever the clocks do and however late a change is committed. A cursor is good for 29 days, and in the database that it comes from: after a crash, a failover or a restored backup it is refused with CONFLICT. Then watch without it, and read the list anew.",
    args: {
      userId: t.arg.id({ description: 'Whose list. A user may leave it out, a service gives it.' }),
      after: t.arg.string({
        description:
          'The cursor of the last change that the client has seen: first comes what happened since, then UserChatSessionsCaughtUp, then what happens. CONFLICT when that is not known any more. Without it, or with an empty one, the stream begins with UserChatSessionsCaughtUp.',
      }),
    },
    subscribe: (_subscription, watch, { ledger, feed, expiresAt }) =>
      watchList(ledger, feed, watch, expiresAt),
    resolve: (change) => change,
  }),
);
