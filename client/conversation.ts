import type { ChatMessage, MessagePage } from './messages.js';
import type { Page } from './pages.js';
import type { ChatSession, ChatSessionChange } from './sessions.js';

/** What a client holds of a session: the newest messages without a gap, as many as it has read. Never changed in place. */
export interface Conversation {
  /**
   * The session at its last change of its own (title, tokens, maps), or null once it is deleted. Messages that came
   * since are not counted in it.
   */
  readonly session: ChatSession | null;
  /** In order of sequence. */
  readonly messages: readonly ChatMessage[];
  /** Whether the session has messages before these. */
  readonly hasEarlier: boolean;
  /** Cursor of the first message, to read what is before it: `messages.page({ sessionId, last, before })`. */
  readonly startCursor: string | null;
  /** The last change that is in it: `sessions.watch(id, { afterRevision: revision, epoch })` gives those that follow. */
  readonly revision: number;
  /** The epoch of the database that the revision belongs to. */
  readonly epoch: string;
  /**
   * Changes, in order, of messages before these. A page with such a message may have been read before the change and
   * come after it: `withEarlier` applies them to it.
   */
  readonly earlierChanges: readonly ChatSessionChange[];
}

/** No database has it: who goes on from it is asked to read anew. */
const noEpoch = 'none';

/**
 * A conversation of a session and a page from the end of its messages: one that was read without `after` and `before`.
 * They need not be of the same moment: it goes on from the earlier one.
 */
export function conversationOf(
  session: ChatSession,
  { nodes, pageInfo, revision, epoch }: MessagePage,
): Conversation {
  return {
    session,
    messages: nodes,
    hasEarlier: pageInfo.hasPreviousPage,
    startCursor: pageInfo.startCursor,
    revision: Math.min(session.revision, revision),
    epoch: session.epoch === epoch ? epoch : noEpoch,
    earlierChanges: [],
  };
}

/**
 * The conversation with a page in front that was read with `before: conversation.startCursor`. One of another epoch is
 * left out: the database was replaced in between, and what it holds is read, or about to be.
 */
export function withEarlier(
  conversation: Conversation,
  { nodes, pageInfo, epoch = conversation.epoch }: Page<ChatMessage> & Partial<Pick<MessagePage, 'epoch'>>,
): Conversation {
  if (epoch !== conversation.epoch) return conversation;
  const messages = merged(conversation.messages, nodes);
  const { hasPreviousPage: hasEarlier } = pageInfo;
  const startCursor = pageInfo.startCursor ?? conversation.startCursor;
  const longer = { ...conversation, messages, hasEarlier, startCursor, earlierChanges: [] };
  return conversation.earlierChanges.reduce<Conversation>(applyChange, longer);
}

/**
 * The conversation after a change. What it holds already, because it was read after that change, stays as it is.
 * @throws Error when changes between were left out: a piece of text that is not at the end of its message
 */
export function applyChange(conversation: Conversation, change: ChatSessionChange): Conversation {
  if (change.__typename === 'ChatSessionReplaced') return conversationOf(change.chatSession, change.messages);
  const { epoch } = change;
  const revision = Math.max(conversation.revision, change.revision);
  if (isOfEarlier(conversation, change))
    return { ...conversation, revision, epoch, earlierChanges: [...conversation.earlierChanges, change] };
  const { messages } = conversation;
  switch (change.__typename) {
    case 'ChatMessagesAppended': {
      // Only messages with a chosen sequence may stand before the first one that is held.
      const start = conversation.hasEarlier ? (messages[0]?.sequence ?? 0) : 0;
      const earlier = change.chatMessages.filter(({ sequence }) => sequence < start);
      const others = change.chatMessages.filter(({ sequence }) => sequence >= start);
      const { earlierChanges } = conversation;
      return {
        ...conversation,
        revision,
        epoch,
        messages: merged(messages, others),
        earlierChanges:
          earlier.length === 0 ? earlierChanges : [...earlierChanges, { ...change, chatMessages: earlier }],
      };
    }
    case 'ChatMessageContentChanged':
      return { ...conversation, revision, epoch, messages: merged(messages, [change.chatMessage]) };
    case 'ChatMessageGrew':
      return {
        ...conversation,
        revision,
        epoch,
        messages: messages.map((message) => grown(message, change)),
      };
    case 'ChatSessionUpdated':
      return { ...conversation, revision, epoch, session: newer(conversation.session, change.chatSession) };
    case 'ChatSessionDeleted':
      return {
        session: null,
        messages: [],
        hasEarlier: false,
        startCursor: null,
        revision,
        epoch,
        earlierChanges: [],
      };
    case 'ChatSessionCaughtUp':
      return { ...conversation, revision, epoch };
  }
}

/** Whether the change is of one message that is not held. There is no gap in what is held, so that one is before it. */
function isOfEarlier({ messages }: Conversation, change: ChatSessionChange): boolean {
  if (change.__typename === 'ChatMessageContentChanged')
    return !messages.some(({ id }) => id === change.chatMessage.id);
  return change.__typename === 'ChatMessageGrew' && !messages.some(({ id }) => id === change.messageId);
}

type Growth = Extract<ChatSessionChange, { readonly __typename: 'ChatMessageGrew' }>;

function grown(message: ChatMessage, { messageId, offset, delta, revision }: Growth): ChatMessage {
  if (message.id !== messageId || message.revision >= revision) return message;
  const content = message.content ?? '';
  if (offset !== content.length)
    throw new Error(
      `The message ${messageId} has ${content.length} UTF-16 code units, and a piece came for ${offset}.`,
    );
  return { ...message, content: content + delta, revision };
}

/** In order of sequence, each once, as it was last. */
function merged(held: readonly ChatMessage[], more: readonly ChatMessage[]): readonly ChatMessage[] {
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of more) byId.set(message.id, newer(byId.get(message.id), message));
  return [...byId.values()].sort((a, b) => a.sequence - b.sequence);
}

function newer<Thing extends { readonly revision: number }>(
  held: Thing | null | undefined,
  thing: Thing,
): Thing {
  return held && held.revision > thing.revision ? held : thing;
}
