import * as documents from './generated/documents.js';
import type * as Types from './generated/documents.js';
import { newId } from './ids.js';
import { noSession, outcomeOf, type CallOptions, type MutationOptions, type Outcome } from './outcome.js';
import { iterate, type IterateOptions, type Page, type PageOptions } from './pages.js';
import type { Transport } from './transport.js';
import { resuming, type WatchOptions } from './watch.js';
import type { MessagePage } from './messages.js';

export type ChatSession = Types.ChatSessionFieldsFragment;

/**
 * The database was replaced, by a standby or a backup that need not have all that was told. What was held of the
 * session is void; this is what the database holds, and the changes that follow go on from it.
 */
export interface ChatSessionReplaced {
  /** A change that `watch` makes: the server has none of this type. */
  readonly __typename: 'ChatSessionReplaced';
  readonly revision: number;
  readonly epoch: string;
  readonly chatSession: ChatSession;
  /** The newest 100. `messages.page` with `before` reads those before them. */
  readonly messages: MessagePage;
}

/** Something that happened to a session. */
export type ChatSessionChange = Types.ChatSessionChangeFieldsFragment | ChatSessionReplaced;
export type UserChatSessionChange = Types.WatchChatSessionsSubscription['userChatSessionChanges'];

/** Whose list. */
interface ListOptions extends CallOptions {
  /** A user may leave it out, a service gives it. */
  readonly userId?: string | undefined;
}

/** What happened to a session, as far as one answer holds it. */
export interface ChangePage {
  /** In order of revision. */
  readonly changes: ChatSessionChange[];
  /** Whether there are more already. */
  readonly hasMore: boolean;
  /** Go on from it with `afterRevision`. */
  readonly revision: number;
  /** The epoch of the database that the revision belongs to. */
  readonly epoch: string;
}

type CreateResult = Types.CreateChatSessionMutation['createChatSession'];
type UpdateResult = Types.UpdateChatSessionMutation['updateChatSession'];
type DeleteResult = Types.DeleteChatSessionMutation['deleteChatSession'];

/**
 * Sessions. All methods throw RequestError when the server refuses or fails, NoAnswerError when it does not answer,
 * and the reason of a signal that is aborted.
 */
export interface Sessions {
  /**
   * Creates a session. Its id is made here unless the input has one, so that a retry finds what it created.
   * @throws ChatSessionIdTakenError
   */
  create<Options extends MutationOptions = MutationOptions>(
    input: Types.CreateChatSessionInput,
    options?: Options,
  ): Promise<Outcome<CreateResult, Options>>;
  /** A session without its messages and credentials. Null when it does not exist, or not for this viewer. */
  get(id: string, options?: CallOptions): Promise<ChatSession | null>;
  /** The secrets of a session by name. @throws NotFoundError; RequestError CREDENTIALS_UNAVAILABLE */
  credentials(id: string, options?: CallOptions): Promise<Record<string, unknown>>;
  /**
   * Changes a session; what is absent stays as it is. One that adds tokens is not sent again when its outcome is
   * unknown, because a retry would add again.
   * @throws NotFoundError
   */
  update<Options extends MutationOptions = MutationOptions>(
    input: Types.UpdateChatSessionInput,
    options?: Options,
  ): Promise<Outcome<UpdateResult, Options>>;
  /**
   * Deletes a session with all its messages. One that was deleted before, by a first try for example, is `replayed`.
   * @throws NotFoundError
   */
  delete<Options extends MutationOptions = MutationOptions>(
    id: string,
    options?: Options,
  ): Promise<Outcome<DeleteResult, Options>>;
  /** A page of a user's sessions, most recently changed first. Without a window the first 50. */
  page(
    options?: ListOptions & PageOptions & { readonly offset?: number | undefined },
  ): Promise<Page<ChatSession>>;
  /** A user's sessions one by one, most recently changed first; `from: 'end'` begins with the oldest. */
  all(options?: ListOptions & IterateOptions): AsyncGenerator<ChatSession, void>;
  /** How many sessions a user has. */
  count(options?: ListOptions): Promise<number>;
  /**
   * What happened to a session after a revision (0 by default, which gives all messages), 100 changes at most unless
   * `first` says otherwise (1 to 1,000). For programs that poll; `watch` tells the same as it happens.
   *
   * With `epoch`, as it came with the revision, this fails with CONFLICT when the database was replaced since by one
   * that need not have all that was told. Read the session anew then.
   * @throws NotFoundError; RequestError CONFLICT, also when the session has not come to this revision
   */
  changes(
    id: string,
    options?: CallOptions & {
      readonly afterRevision?: number | undefined;
      readonly epoch?: string | undefined;
      readonly first?: number | undefined;
    },
  ): Promise<ChangePage>;
  /**
   * What happens to a session, each change once and in order. With `afterRevision` first what happened since, then
   * ChatSessionCaughtUp. Resumes by itself after whatever breaks, from the last change that it gave; ends when the
   * session is deleted. See `applyChange` for what to do with the changes.
   *
   * When the database does not go on from what was told, because it has another epoch or has not come to the revision,
   * the session is read anew: ChatSessionReplaced takes the place of all that was held. Give the `epoch` that came with
   * the revision, so that this is found out about the revision from which you begin, too.
   * @throws RequestError NOT_FOUND
   */
  watch(
    id: string,
    options?: WatchOptions & {
      readonly afterRevision?: number | undefined;
      readonly epoch?: string | undefined;
    },
  ): AsyncGenerator<ChatSessionChange, void>;
  /**
   * What happens to a user's list of sessions. With `after`, the cursor of a change, first what happened since. Resumes
   * by itself, and begins anew where the server can't tell what happened since, as after the failure of its database.
   * Read the list at each UserChatSessionsCaughtUp whose `isStart` is true: nothing was told of what happened before.
   */
  watchList(
    options?: ListOptions & WatchOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<UserChatSessionChange, void>;
}

type WatchVariables = Types.WatchChatSessionSubscriptionVariables;

/** The last change that a watcher of a session has received. Without a revision, it receives changes from now on. */
interface Point {
  readonly revision: number | undefined;
  readonly epoch: string | undefined;
}

type SessionWithMessages = NonNullable<Types.ChatSessionWithMessagesQuery['chatSession']>;

function replaced({ messages, ...chatSession }: SessionWithMessages): ChatSessionReplaced {
  const { revision, epoch } = chatSession;
  const page = { ...messages, revision, epoch };
  return { __typename: 'ChatSessionReplaced', revision, epoch, chatSession, messages: page };
}

export function sessionsOver(transport: Transport): Sessions {
  const sessions: Sessions = {
    async create(input, options) {
      const variables = { input: { ...input, id: input.id ?? newId() } };
      const data = await transport.send(documents.CreateChatSessionDocument, variables, options);
      return outcomeOf(data.createChatSession, options);
    },

    async get(id, options) {
      return (await transport.send(documents.ChatSessionDocument, { id }, options)).chatSession;
    },

    async credentials(id, options) {
      const { chatSession } = await transport.send(documents.ChatSessionCredentialsDocument, { id }, options);
      if (!chatSession) throw noSession(id);
      return chatSession.credentials ?? {};
    },

    async update(input, options) {
      const repeatable = input.addPromptTokens == null && input.addCompletionTokens == null;
      const sending = { signal: options?.signal, repeatable };
      const data = await transport.send(documents.UpdateChatSessionDocument, { input }, sending);
      return outcomeOf(data.updateChatSession, options);
    },

    async delete(id, options) {
      const data = await transport.send(documents.DeleteChatSessionDocument, { input: { id } }, options);
      return outcomeOf(data.deleteChatSession, options);
    },

    async page({ signal, ...variables } = {}) {
      return (await transport.send(documents.ChatSessionsDocument, variables, { signal })).chatSessions;
    },

    all({ pageSize, from, ...list } = {}) {
      return iterate((window) => sessions.page({ ...list, ...window }), { pageSize, from });
    },

    async count({ signal, userId } = {}) {
      const data = await transport.send(documents.CountChatSessionsDocument, { userId }, { signal });
      return data.chatSessions.totalCount;
    },

    async changes(id, { signal, ...window } = {}) {
      const variables = { id, ...window };
      const { chatSession } = await transport.send(documents.ChatSessionChangesDocument, variables, {
        signal,
      });
      if (!chatSession) throw noSession(id);
      return chatSession.changes;
    },

    watch(id, { afterRevision, epoch, ...options } = {}) {
      const { signal } = options;
      return resuming<Types.WatchChatSessionSubscription, WatchVariables, ChatSessionChange, Point>(
        transport,
        documents.WatchChatSessionDocument,
        {
          from: { revision: afterRevision, epoch },
          variablesFrom: (point) => ({ sessionId: id, afterRevision: point.revision, epoch: point.epoch }),
          changeIn: ({ chatSessionChanges }) => chatSessionChanges,
          pointOf: ({ revision, epoch }) => ({ revision, epoch }),
          isLast: ({ __typename }) => __typename === 'ChatSessionDeleted',
          async anew({ revision = 0, epoch = '' }) {
            const variables = { id };
            const data = await transport.send(documents.ChatSessionWithMessagesDocument, variables, {
              signal,
            });
            const change: ChatSessionChange = data.chatSession
              ? replaced(data.chatSession)
              : { __typename: 'ChatSessionDeleted', revision, epoch, sessionId: id };
            return { change, point: change };
          },
        },
        options,
      );
    },

    watchList({ userId, after, ...options } = {}) {
      return resuming(
        transport,
        documents.WatchChatSessionsDocument,
        {
          from: after,
          variablesFrom: (cursor) => ({ userId, after: cursor }),
          changeIn: ({ userChatSessionChanges }) => userChatSessionChanges,
          pointOf: ({ cursor }): string | undefined => cursor,
          anew: () => Promise.resolve({ point: undefined }),
        },
        options,
      );
    },
  };
  return sessions;
}
