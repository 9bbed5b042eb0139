import { isDeepStrictEqual } from 'node:util';
import type {
  ChatMessageStatus,
  CreateChatSessionInput,
  FinishChatMessageInput,
  UpdateChatSessionInput,
} from '../support/generated/graphql.js';

// What can be asked of a ledger, and what it answers, without anything that differs from one run to the next.

/** Stands for a UUID: sessions and messages are called by short names here. */
export type Name = string;

/** A message of an append. JSON is given as text, since its bytes are kept. */
export interface MessageInput {
  readonly id: Name | null;
  readonly role: 'USER' | 'ASSISTANT' | 'TOOL';
  readonly content: string | null;
  readonly name: string | null;
  readonly toolCallId: string | null;
  readonly refusal: string | null;
  readonly toolCalls: string | null;
  readonly functionCall: string | null;
}

/** One request that writes. */
export type Operation = { readonly by: string } & (
  | { readonly what: 'create'; readonly session: Name; readonly given: Omit<CreateChatSessionInput, 'id'> }
  | { readonly what: 'update'; readonly session: Name; readonly changes: Omit<UpdateChatSessionInput, 'id'> }
  | { readonly what: 'delete'; readonly session: Name }
  | {
      readonly what: 'append';
      readonly session: Name;
      /** appendChatMessage instead of appendChatMessages. */
      readonly single: boolean;
      readonly sequence: number | null;
      readonly messages: readonly MessageInput[];
    }
  | {
      readonly what: 'answer tool';
      readonly session: Name;
      readonly toolCallId: string;
      /** The message that is meant, if one is named. */
      readonly message: Name | null;
      readonly content: string;
      readonly expectedContent: string | null | undefined;
    }
  | {
      readonly what: 'start';
      readonly session: Name;
      readonly id: Name | null;
      readonly name: string | null;
      readonly content: string | null;
    }
  | {
      readonly what: 'extend';
      readonly session: Name;
      readonly message: Name;
      readonly offset: number | 'end';
      readonly delta: string;
    }
  | {
      readonly what: 'finish';
      readonly session: Name;
      readonly message: Name;
      readonly end: Omit<FinishChatMessageInput, 'sessionId' | 'messageId' | 'toolCalls'> & {
        readonly toolCalls: string | null;
      };
    }
);

/** A message as anybody sees it. */
export type Message = Omit<MessageInput, 'role'> & {
  readonly role: string;
  readonly sequence: number;
  readonly revision: number;
  readonly status: ChatMessageStatus;
};

/** A session as its owner sees it, apart from times. */
export interface Session {
  readonly title: string | null;
  readonly credentials: object;
  readonly successfulAgentRuns: object;
  readonly successfulAgentSchedules: object;
  readonly totalPromptTokens: number;
  readonly totalCompletionTokens: number;
  readonly messageCount: number;
  readonly nextSequence: number;
  readonly revision: number;
}

/** What comes of a request. An error of GraphQL is named by its code, and `path` is the field that it names. */
export type Answer =
  | { readonly is: 'created'; readonly created: boolean; readonly session: Session }
  | { readonly is: 'updated'; readonly session: Session }
  | { readonly is: 'deleted'; readonly replayed: boolean }
  | { readonly is: 'stored'; readonly replayed: boolean; readonly messages: readonly Message[] }
  | { readonly is: 'answered tool'; readonly message: Message }
  | {
      readonly is: 'extended';
      readonly replayed: boolean;
      readonly length: number;
      readonly revision: number;
    }
  | { readonly is: 'finished'; readonly replayed: boolean; readonly message: Message }
  | { readonly is: 'NotFoundError' | 'ChatSessionIdTakenError' }
  | { readonly is: 'SequenceConflictError'; readonly nextSequence: number }
  /** Of several ids that stand in the way any one may be told. */
  | { readonly is: 'MessageIdConflictError'; readonly anyOf: readonly Name[] }
  | { readonly is: 'ContentConflictError'; readonly currentContent: string | null }
  | { readonly is: 'OffsetConflictError'; readonly length: number }
  | { readonly is: 'MessageNotInProgressError'; readonly status: ChatMessageStatus }
  | { readonly is: 'BAD_USER_INPUT'; readonly path: string };

/** A session with its messages in order of sequence. */
export interface Held {
  readonly owner: string;
  readonly session: Session;
  readonly messages: readonly Message[];
}

/** Whether an answer is one that the model allows. */
export function agrees(allowed: Answer, given: Answer): boolean {
  if (allowed.is === 'MessageIdConflictError' && given.is === 'MessageIdConflictError')
    return given.anyOf.every((id) => allowed.anyOf.includes(id));
  return isDeepStrictEqual(allowed, given);
}
