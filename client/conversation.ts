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
  /** The last change that is in it: `sessions.watch(id, { afterRevision: revision })` gives those that follow. */
  readonly revision: number;
}

/**
 * A conversation of a session and a page from the end of its messages: one that was read without `after` and `before`.
 * They need not be of the same moment: it goes on from the earlier one.
 */
export function conversationOf(
  session: ChatSession,
  { nodes, pageInfo, revision }: MessagePage,
): Conversation {
  return {
    session,
    messages: nodes,
    hasEarlier: pageInfo.hasPreviousPage,
    startCursor: pageInfo.startCursor,
    revision: Math.min(session.revision, revision),
  };
}

/** The conversation with a page in front that was read with `before: conversation.startCursor`. */
export function withEarlier(
  conversation: Conversation,
  { nodes, pageInfo }: Page<ChatMessage>,
): Conversation {
  const messages = merged(conversation.messages, nodes);
  const { hasPreviousPage: hasEarlier, startCursor } = pageInfo;
  return { ...conversation, messages, hasEarlier, startCursor: startCursor ?? conversation.startCursor };
}

/**
 * The conversation after a change. What it holds already, because it was read after that change, stays as it is.
 * @throws Error when changes between were left out: a piece of text that is not at the end of its message
 */
export function applyChange(conversation: Conversation, change: ChatSessionChange): Conversation {
  const { messages } = conversation;
  const revision = Math.max(conversation.revision, change.revision);
  switch (change.__typename) {
    case 'ChatMessagesAppended': {
      // A message with a chosen sequence may stand before the first one that is held: it comes with an earlier page.
      const start = conversation.hasEarlier ? (messages[0]?.sequence ?? -1) : -1;
      const wanted = change.chatMessages.filter(({ sequence }) => sequence > start);
      return { ...conversation, revision, messages: merged(messages, wanted) };
    }
    case 'ChatMessageContentChanged': {
      const isHeld = messages.some(({ id }) => id === change.chatMessage.id);
      return {
        ...conversation,
        revision,
        messages: isHeld ? merged(messages, [change.chatMessage]) : messages,
      };
    }
    case 'ChatMessageGrew':
      return { ...conversation, revision, messages: messages.map((message) => grown(message, change)) };
    case 'ChatSessionUpdated':
      return { ...conversation, revision, session: newer(conversation.session, change.chatSession) };
    case 'ChatSessionDeleted':
      return { session: null, messages: [], hasEarlier: false, startCursor: null, revision };
    case 'ChatSessionCaughtUp':
      return { ...conversation, revision };
  }
}

type Growth = Extract<ChatSessionChange, { readonly __typename: 'ChatMessageGrew' }>;

function grown(message: ChatMessage, { messageId, offset, delta, revision }: Growth): ChatMessage {
  if (message.id !== messageId || message.revision >= revision) return message;
  const content = message.content ?? '';
  if (offset !== content.length)
    throw new Error(
      `The message ${messageId} has ${content.length} characters, and a piece came for ${offset}.`,
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
