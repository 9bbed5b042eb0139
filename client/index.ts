/** The typed client of Chatledger, for Node.js and browsers. */
export {
  createChatledgerClient,
  type ChatledgerClient,
  type ChatledgerClientOptions,
  type Node,
} from './client.js';
export { applyChange, conversationOf, withEarlier, type Conversation } from './conversation.js';
export {
  ChatledgerError,
  ChatSessionIdTakenError,
  ContentConflictError,
  ExpectedError,
  MessageIdConflictError,
  MessageNotInProgressError,
  NoAnswerError,
  NotFoundError,
  OffsetConflictError,
  RequestError,
  SequenceConflictError,
  type ReceivedError,
} from './errors.js';
export { newId } from './ids.js';
export type { ChatMessage, MessagePage, Messages } from './messages.js';
export type { CallOptions, ExpectedFailure, MutationOptions, Outcome } from './outcome.js';
export type { IterateOptions, Page, PageOptions } from './pages.js';
export type { RetryOptions } from './retry.js';
export type {
  ChangePage,
  ChatSession,
  ChatSessionChange,
  ChatSessionReplaced,
  Sessions,
  UserChatSessionChange,
} from './sessions.js';
export type { MessageEnding, StreamMessageOptions } from './stream-message.js';
export type { TransportOptions, WebSocketClass } from './options.js';
export type { SendOptions, TypedText } from './transport.js';
export type { WatchOptions } from './watch.js';
export type * from './generated/documents.js';
export * as documents from './generated/documents.js';
