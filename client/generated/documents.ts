/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '../typed-document.js';
/** A message to append to a session. */
export type AppendChatMessageInput = {
  /** The message. */
  message: ChatMessageInput;
  /** The sequence of the message, 0 to 1,000,000,000. By default the message is appended after the last one, which never conflicts. */
  sequence?: number | null | undefined;
  /** Id of the session. */
  sessionId: string;
};

/** Messages to append to a session as one batch. */
export type AppendChatMessagesInput = {
  /** The messages in order, 0 to 500. An empty batch succeeds and changes nothing. */
  messages: Array<ChatMessageInput>;
  /** Id of the session. */
  sessionId: string;
  /** The sequence of the first message, 0 to 1,000,000,000. By default the batch is appended after the last message, which never conflicts. */
  startSequence?: number | null | undefined;
};

/** A message to append. */
export type ChatMessageInput = {
  /** The text, 1 MB of UTF-8 at most. */
  content?: string | null | undefined;
  /** A function call in the older style, 256 kB at most. */
  functionCall?: Record<string, unknown> | null | undefined;
  /** A UUID of your choice, which makes the append safe to retry: the same id with the same body is stored once. The server makes one otherwise. */
  id?: string | null | undefined;
  /** Name of the participant, tool or function, 500 UTF-16 code units at most. */
  name?: string | null | undefined;
  /** The model's refusal, 1 MB of UTF-8 at most. */
  refusal?: string | null | undefined;
  /** The role of the author. */
  role: ChatMessageRole;
  /** Id of the tool call that this message answers, 1 to 500 UTF-16 code units. updateToolMessageContent finds messages of role TOOL by it; other roles may have it too. */
  toolCallId?: string | null | undefined;
  /** Tool calls of the model, 256 kB at most. ChatMessage.toolCalls says how they are stored. */
  toolCalls?: Array<Record<string, unknown>> | null | undefined;
};

/** The role of a message's author. */
export type ChatMessageRole =
  /** An answer of the model. */
  | 'ASSISTANT'
  /** Instructions for the model; newer models take these instead of SYSTEM. */
  | 'DEVELOPER'
  /** The result of a function call, in the older style of the chat format. */
  | 'FUNCTION'
  /** Instructions for the model. */
  | 'SYSTEM'
  /** The result of a tool call, identified by its toolCallId. */
  | 'TOOL'
  /** A message of the person. */
  | 'USER';

/** Whether a message is complete. */
export type ChatMessageStatus =
  /** The message was cancelled. It keeps the text it had. */
  | 'CANCELLED'
  /** The message is complete. */
  | 'COMPLETE'
  /** The writer failed, or sent nothing for too long. The message keeps the text it had. */
  | 'FAILED'
  /** The message is being written: its content may grow. */
  | 'IN_PROGRESS';

/** Tokens that the answer took. They are added to the session's counters, which stop at 2,147,483,647. */
export type ChatMessageUsageInput = {
  /** Added to the session's totalCompletionTokens. 0 by default. */
  completionTokens?: number | null | undefined;
  /** Added to the session's totalPromptTokens. 0 by default. */
  promptTokens?: number | null | undefined;
};

/** A new session. */
export type CreateChatSessionInput = {
  /** Secrets by name, 256 kB at most, without the key `__proto__`. Empty by default. */
  credentials?: Record<string, unknown> | null | undefined;
  /** A UUID of your choice, which makes the creation safe to retry. The server makes one otherwise. */
  id?: string | null | undefined;
  /** Successful runs by agent id, as any JSON, 256 kB at most, without the key `__proto__`. Empty by default. */
  successfulAgentRuns?: Record<string, unknown> | null | undefined;
  /** Successful schedules by agent id, as any JSON, 256 kB at most, without the key `__proto__`. Empty by default. */
  successfulAgentSchedules?: Record<string, unknown> | null | undefined;
  /** A title for people, 500 UTF-16 code units at most. A blank title counts as none. */
  title?: string | null | undefined;
  /** The owner. Services have to give it; for users it is their own id by default. */
  userId?: string | null | undefined;
};

/** A session to delete. */
export type DeleteChatSessionInput = {
  /** Id of the session. */
  id: string;
};

/** The next piece of a streamed message. */
export type ExtendChatMessageInput = {
  /** The piece, not cut inside a surrogate pair. An empty piece keeps the message from failing while the model thinks. The whole text has 1 MB of UTF-8 at most. */
  delta: string;
  /** Id of the message, which must be IN_PROGRESS. */
  messageId: string;
  /** Length of the text before the piece, in UTF-16 code units as JavaScript counts them: 0 to 1,000,000. */
  offset: number;
  /** Id of the session. */
  sessionId: string;
};

/** The end of a streamed message. Fields that are absent or null stay as they are. */
export type FinishChatMessageInput = {
  /** Replaces the whole text received so far, 1 MB of UTF-8 at most. */
  content?: string | null | undefined;
  /** Id of the message. */
  messageId: string;
  /** The model's refusal, 1 MB of UTF-8 at most. */
  refusal?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
  /** How the message ended. */
  status: FinishedChatMessageStatus;
  /** Tool calls of the model, 256 kB at most. ChatMessage.toolCalls says how they are stored. */
  toolCalls?: Array<Record<string, unknown>> | null | undefined;
  /** Tokens that the answer took. Retries do not add them again. */
  usage?: ChatMessageUsageInput | null | undefined;
};

/** How a streamed message ended. */
export type FinishedChatMessageStatus =
  /** The message was cancelled. */
  | 'CANCELLED'
  /** The message is complete. */
  | 'COMPLETE'
  /** The writer failed. */
  | 'FAILED';

/** How an update changes JSON maps. */
export type JsonUpdate =
  /** Given top-level keys are set, keys given as null are removed, all others stay. */
  | 'MERGE'
  /** The given map replaces the stored one. */
  | 'REPLACE';

/** A streamed answer to start. */
export type StartChatMessageInput = {
  /** The beginning of the text, 1 MB of UTF-8 at most. Empty by default. */
  content?: string | null | undefined;
  /** A UUID of your choice, which makes the start safe to retry: the same id with the same input starts one message. The server makes one otherwise. */
  id?: string | null | undefined;
  /** Name of the participant, 500 UTF-16 code units at most. */
  name?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
};

/** Changes to a session. Absent fields stay as they are. */
export type UpdateChatSessionInput = {
  /** Added to totalCompletionTokens. A retry adds again. */
  addCompletionTokens?: number | null | undefined;
  /** Added to totalPromptTokens. A retry adds again. */
  addPromptTokens?: number | null | undefined;
  /** Secrets by name, 256 kB at most, without the key `__proto__`. */
  credentials?: Record<string, unknown> | null | undefined;
  /** Id of the session. */
  id: string;
  /** How to change the JSON maps of this input. */
  jsonUpdate?: JsonUpdate | null | undefined;
  /** Keeps an existing title. The update succeeds all the same. */
  onlyIfUntitled?: boolean | null | undefined;
  /** Successful runs by agent id, as any JSON, 256 kB at most, without the key `__proto__`. */
  successfulAgentRuns?: Record<string, unknown> | null | undefined;
  /** Successful schedules by agent id, as any JSON, 256 kB at most, without the key `__proto__`. */
  successfulAgentSchedules?: Record<string, unknown> | null | undefined;
  /** The new title, 500 UTF-16 code units at most. Null or blank removes the title. */
  title?: string | null | undefined;
  /** Sets the counter. */
  totalCompletionTokens?: number | null | undefined;
  /** Sets the counter. */
  totalPromptTokens?: number | null | undefined;
};

/** The result of a tool call, for the message that answers it. */
export type UpdateToolMessageContentInput = {
  /** The new content, 1 MB of UTF-8 at most. */
  content: string;
  /** Updates the message only if this is its content; null stands for no content. By default any content is replaced. */
  expectedContent?: string | null | undefined;
  /** The message of role TOOL that answers the call. Give it if ids of tool calls repeat, as with some providers: then a retry finds the same message. */
  messageId?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
  /** Id of the tool call. If several messages answer it and messageId is absent, the newest with the expected content is updated if one was given, else the newest without content, else the newest. */
  toolCallId: string;
};

/** The role of a caller. */
export type ViewerKind =
  /** A service, which acts for any user. */
  | 'SERVICE'
  /** A user, who sees and changes only their own sessions. */
  | 'USER';

export type ChatMessageFieldsFragment = { id: string, sessionId: string, sequence: number, revision: number, role: ChatMessageRole, status: ChatMessageStatus, content: string | null, name: string | null, refusal: string | null, toolCallId: string | null, toolCalls: Array<Record<string, unknown>> | null, functionCall: Record<string, unknown> | null, createdAt: string, updatedAt: string };

export type ChatSessionFieldsFragment = { id: string, userId: string, title: string | null, revision: number, epoch: string, messageCount: number, nextSequence: number, totalPromptTokens: number, totalCompletionTokens: number, successfulAgentRuns: Record<string, unknown>, successfulAgentSchedules: Record<string, unknown>, createdAt: string, updatedAt: string };

export type PageInfoFieldsFragment = { startCursor: string | null, endCursor: string | null, hasPreviousPage: boolean, hasNextPage: boolean };

type ChatSessionChangeFields_ChatMessageContentChanged_Fragment = { __typename: 'ChatMessageContentChanged', revision: number, epoch: string, chatMessage: ChatMessageFieldsFragment };

type ChatSessionChangeFields_ChatMessageGrew_Fragment = { __typename: 'ChatMessageGrew', messageId: string, offset: number, delta: string, revision: number, epoch: string };

type ChatSessionChangeFields_ChatMessagesAppended_Fragment = { __typename: 'ChatMessagesAppended', revision: number, epoch: string, chatMessages: Array<ChatMessageFieldsFragment> };

type ChatSessionChangeFields_ChatSessionCaughtUp_Fragment = { __typename: 'ChatSessionCaughtUp', revision: number, epoch: string };

type ChatSessionChangeFields_ChatSessionDeleted_Fragment = { __typename: 'ChatSessionDeleted', sessionId: string, revision: number, epoch: string };

type ChatSessionChangeFields_ChatSessionUpdated_Fragment = { __typename: 'ChatSessionUpdated', revision: number, epoch: string, chatSession: ChatSessionFieldsFragment };

export type ChatSessionChangeFieldsFragment =
  | ChatSessionChangeFields_ChatMessageContentChanged_Fragment
  | ChatSessionChangeFields_ChatMessageGrew_Fragment
  | ChatSessionChangeFields_ChatMessagesAppended_Fragment
  | ChatSessionChangeFields_ChatSessionCaughtUp_Fragment
  | ChatSessionChangeFields_ChatSessionDeleted_Fragment
  | ChatSessionChangeFields_ChatSessionUpdated_Fragment
;

export type ChatMessagesQueryVariables = Exact<{
  sessionId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type ChatMessagesQuery = { chatSession: { id: string, revision: number, epoch: string, messages: { nodes: Array<ChatMessageFieldsFragment>, pageInfo: PageInfoFieldsFragment } } | null };

export type AppendChatMessageMutationVariables = Exact<{
  input: AppendChatMessageInput;
}>;


export type AppendChatMessageMutation = { appendChatMessage:
    | { __typename: 'AppendChatMessageSuccess', replayed: boolean, chatMessage: ChatMessageFieldsFragment }
    | { __typename: 'MessageIdConflictError', code: string, message: string, messageId: string }
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'SequenceConflictError', code: string, message: string, nextSequence: number }
   };

export type AppendChatMessagesMutationVariables = Exact<{
  input: AppendChatMessagesInput;
}>;


export type AppendChatMessagesMutation = { appendChatMessages:
    | { __typename: 'AppendChatMessagesSuccess', replayed: boolean, chatMessages: Array<ChatMessageFieldsFragment> }
    | { __typename: 'MessageIdConflictError', code: string, message: string, messageId: string }
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'SequenceConflictError', code: string, message: string, nextSequence: number }
   };

export type UpdateToolMessageContentMutationVariables = Exact<{
  input: UpdateToolMessageContentInput;
}>;


export type UpdateToolMessageContentMutation = { updateToolMessageContent:
    | { __typename: 'ContentConflictError', code: string, message: string, currentContent: string | null }
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'UpdateToolMessageContentSuccess', chatMessage: ChatMessageFieldsFragment }
   };

export type StartChatMessageMutationVariables = Exact<{
  input: StartChatMessageInput;
}>;


export type StartChatMessageMutation = { startChatMessage:
    | { __typename: 'MessageIdConflictError', code: string, message: string, messageId: string }
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'StartChatMessageSuccess', replayed: boolean, chatMessage: ChatMessageFieldsFragment }
   };

export type ExtendChatMessageMutationVariables = Exact<{
  input: ExtendChatMessageInput;
}>;


export type ExtendChatMessageMutation = { extendChatMessage:
    | { __typename: 'ExtendChatMessageSuccess', messageId: string, length: number, revision: number, replayed: boolean }
    | { __typename: 'MessageNotInProgressError', code: string, message: string, status: ChatMessageStatus }
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'OffsetConflictError', code: string, message: string, length: number }
   };

export type FinishChatMessageMutationVariables = Exact<{
  input: FinishChatMessageInput;
}>;


export type FinishChatMessageMutation = { finishChatMessage:
    | { __typename: 'FinishChatMessageSuccess', replayed: boolean, chatMessage: ChatMessageFieldsFragment }
    | { __typename: 'MessageNotInProgressError', code: string, message: string, status: ChatMessageStatus }
    | { __typename: 'NotFoundError', code: string, message: string }
   };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { kind: ViewerKind, userId: string | null, name: string | null } };

export type NodeQueryVariables = Exact<{
  id: string;
}>;


export type NodeQuery = { node:
    | (
      { __typename: 'ChatMessage' }
      & ChatMessageFieldsFragment
    )
    | (
      { __typename: 'ChatSession' }
      & ChatSessionFieldsFragment
    )
   | null };

export type NodesQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type NodesQuery = { nodes: Array<
    | (
      { __typename: 'ChatMessage' }
      & ChatMessageFieldsFragment
    )
    | (
      { __typename: 'ChatSession' }
      & ChatSessionFieldsFragment
    )
   | null> };

export type ChatSessionQueryVariables = Exact<{
  id: string;
}>;


export type ChatSessionQuery = { chatSession: ChatSessionFieldsFragment | null };

export type ChatSessionCredentialsQueryVariables = Exact<{
  id: string;
}>;


export type ChatSessionCredentialsQuery = { chatSession: { id: string, credentials: Record<string, unknown> | null } | null };

export type ChatSessionsQueryVariables = Exact<{
  userId?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  offset?: number | null | undefined;
}>;


export type ChatSessionsQuery = { chatSessions: { nodes: Array<ChatSessionFieldsFragment>, pageInfo: PageInfoFieldsFragment } };

export type CountChatSessionsQueryVariables = Exact<{
  userId?: string | null | undefined;
}>;


export type CountChatSessionsQuery = { chatSessions: { totalCount: number } };

export type ChatSessionWithMessagesQueryVariables = Exact<{
  id: string;
}>;


export type ChatSessionWithMessagesQuery = { chatSession: (
    { messages: { nodes: Array<ChatMessageFieldsFragment>, pageInfo: PageInfoFieldsFragment } }
    & ChatSessionFieldsFragment
  ) | null };

export type ChatSessionChangesQueryVariables = Exact<{
  id: string;
  afterRevision?: number | null | undefined;
  epoch?: string | null | undefined;
  first?: number | null | undefined;
}>;


export type ChatSessionChangesQuery = { chatSession: { id: string, changes: { hasMore: boolean, revision: number, epoch: string, changes: Array<
        | ChatSessionChangeFields_ChatMessageContentChanged_Fragment
        | ChatSessionChangeFields_ChatMessageGrew_Fragment
        | ChatSessionChangeFields_ChatMessagesAppended_Fragment
        | ChatSessionChangeFields_ChatSessionCaughtUp_Fragment
        | ChatSessionChangeFields_ChatSessionDeleted_Fragment
        | ChatSessionChangeFields_ChatSessionUpdated_Fragment
      > } } | null };

export type CreateChatSessionMutationVariables = Exact<{
  input: CreateChatSessionInput;
}>;


export type CreateChatSessionMutation = { createChatSession:
    | { __typename: 'ChatSessionIdTakenError', code: string, message: string }
    | { __typename: 'CreateChatSessionSuccess', created: boolean, chatSession: ChatSessionFieldsFragment }
   };

export type UpdateChatSessionMutationVariables = Exact<{
  input: UpdateChatSessionInput;
}>;


export type UpdateChatSessionMutation = { updateChatSession:
    | { __typename: 'NotFoundError', code: string, message: string }
    | { __typename: 'UpdateChatSessionSuccess', chatSession: ChatSessionFieldsFragment }
   };

export type DeleteChatSessionMutationVariables = Exact<{
  input: DeleteChatSessionInput;
}>;


export type DeleteChatSessionMutation = { deleteChatSession:
    | { __typename: 'DeleteChatSessionSuccess', id: string, replayed: boolean }
    | { __typename: 'NotFoundError', code: string, message: string }
   };

export type WatchChatSessionSubscriptionVariables = Exact<{
  sessionId: string;
  afterRevision?: number | null | undefined;
  epoch?: string | null | undefined;
}>;


export type WatchChatSessionSubscription = { chatSessionChanges:
    | ChatSessionChangeFields_ChatMessageContentChanged_Fragment
    | ChatSessionChangeFields_ChatMessageGrew_Fragment
    | ChatSessionChangeFields_ChatMessagesAppended_Fragment
    | ChatSessionChangeFields_ChatSessionCaughtUp_Fragment
    | ChatSessionChangeFields_ChatSessionDeleted_Fragment
    | ChatSessionChangeFields_ChatSessionUpdated_Fragment
   };

export type WatchChatSessionsSubscriptionVariables = Exact<{
  userId?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type WatchChatSessionsSubscription = { userChatSessionChanges:
    | { __typename: 'UserChatSessionDeleted', sessionId: string, cursor: string }
    | { __typename: 'UserChatSessionMoved', cursor: string, chatSession: ChatSessionFieldsFragment }
    | { __typename: 'UserChatSessionsCaughtUp', isStart: boolean, cursor: string }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PageInfoFieldsFragmentDoc = new TypedDocumentString(`
    fragment PageInfoFields on PageInfo {
  startCursor
  endCursor
  hasPreviousPage
  hasNextPage
}
    `, {"fragmentName":"PageInfoFields"}) as unknown as TypedDocumentString<PageInfoFieldsFragment, unknown>;
export const ChatMessageFieldsFragmentDoc = new TypedDocumentString(`
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
    `, {"fragmentName":"ChatMessageFields"}) as unknown as TypedDocumentString<ChatMessageFieldsFragment, unknown>;
export const ChatSessionFieldsFragmentDoc = new TypedDocumentString(`
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}
    `, {"fragmentName":"ChatSessionFields"}) as unknown as TypedDocumentString<ChatSessionFieldsFragment, unknown>;
export const ChatSessionChangeFieldsFragmentDoc = new TypedDocumentString(`
    fragment ChatSessionChangeFields on ChatSessionChange {
  __typename
  revision
  epoch
  ... on ChatMessagesAppended {
    chatMessages {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageContentChanged {
    chatMessage {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageGrew {
    messageId
    offset
    delta
  }
  ... on ChatSessionUpdated {
    chatSession {
      ...ChatSessionFields
    }
  }
  ... on ChatSessionDeleted {
    sessionId
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`, {"fragmentName":"ChatSessionChangeFields"}) as unknown as TypedDocumentString<ChatSessionChangeFieldsFragment, unknown>;
export const ChatMessagesDocument = new TypedDocumentString(`
    query ChatMessages($sessionId: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  chatSession(id: $sessionId) {
    id
    revision
    epoch
    messages(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...ChatMessageFields
      }
      pageInfo {
        ...PageInfoFields
      }
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment PageInfoFields on PageInfo {
  startCursor
  endCursor
  hasPreviousPage
  hasNextPage
}`) as unknown as TypedDocumentString<ChatMessagesQuery, ChatMessagesQueryVariables>;
export const AppendChatMessageDocument = new TypedDocumentString(`
    mutation AppendChatMessage($input: AppendChatMessageInput!) {
  appendChatMessage(input: $input) {
    __typename
    ... on AppendChatMessageSuccess {
      chatMessage {
        ...ChatMessageFields
      }
      replayed
    }
    ... on Error {
      code
      message
    }
    ... on SequenceConflictError {
      nextSequence
    }
    ... on MessageIdConflictError {
      messageId
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<AppendChatMessageMutation, AppendChatMessageMutationVariables>;
export const AppendChatMessagesDocument = new TypedDocumentString(`
    mutation AppendChatMessages($input: AppendChatMessagesInput!) {
  appendChatMessages(input: $input) {
    __typename
    ... on AppendChatMessagesSuccess {
      chatMessages {
        ...ChatMessageFields
      }
      replayed
    }
    ... on Error {
      code
      message
    }
    ... on SequenceConflictError {
      nextSequence
    }
    ... on MessageIdConflictError {
      messageId
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<AppendChatMessagesMutation, AppendChatMessagesMutationVariables>;
export const UpdateToolMessageContentDocument = new TypedDocumentString(`
    mutation UpdateToolMessageContent($input: UpdateToolMessageContentInput!) {
  updateToolMessageContent(input: $input) {
    __typename
    ... on UpdateToolMessageContentSuccess {
      chatMessage {
        ...ChatMessageFields
      }
    }
    ... on Error {
      code
      message
    }
    ... on ContentConflictError {
      currentContent
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<UpdateToolMessageContentMutation, UpdateToolMessageContentMutationVariables>;
export const StartChatMessageDocument = new TypedDocumentString(`
    mutation StartChatMessage($input: StartChatMessageInput!) {
  startChatMessage(input: $input) {
    __typename
    ... on StartChatMessageSuccess {
      chatMessage {
        ...ChatMessageFields
      }
      replayed
    }
    ... on Error {
      code
      message
    }
    ... on MessageIdConflictError {
      messageId
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<StartChatMessageMutation, StartChatMessageMutationVariables>;
export const ExtendChatMessageDocument = new TypedDocumentString(`
    mutation ExtendChatMessage($input: ExtendChatMessageInput!) {
  extendChatMessage(input: $input) {
    __typename
    ... on ExtendChatMessageSuccess {
      messageId
      length
      revision
      replayed
    }
    ... on Error {
      code
      message
    }
    ... on OffsetConflictError {
      length
    }
    ... on MessageNotInProgressError {
      status
    }
  }
}
    `) as unknown as TypedDocumentString<ExtendChatMessageMutation, ExtendChatMessageMutationVariables>;
export const FinishChatMessageDocument = new TypedDocumentString(`
    mutation FinishChatMessage($input: FinishChatMessageInput!) {
  finishChatMessage(input: $input) {
    __typename
    ... on FinishChatMessageSuccess {
      chatMessage {
        ...ChatMessageFields
      }
      replayed
    }
    ... on Error {
      code
      message
    }
    ... on MessageNotInProgressError {
      status
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<FinishChatMessageMutation, FinishChatMessageMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    kind
    userId
    name
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const NodeDocument = new TypedDocumentString(`
    query Node($id: ID!) {
  node(id: $id) {
    __typename
    ... on ChatSession {
      ...ChatSessionFields
    }
    ... on ChatMessage {
      ...ChatMessageFields
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<NodeQuery, NodeQueryVariables>;
export const NodesDocument = new TypedDocumentString(`
    query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on ChatSession {
      ...ChatSessionFields
    }
    ... on ChatMessage {
      ...ChatMessageFields
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<NodesQuery, NodesQueryVariables>;
export const ChatSessionDocument = new TypedDocumentString(`
    query ChatSession($id: ID!) {
  chatSession(id: $id) {
    ...ChatSessionFields
  }
}
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<ChatSessionQuery, ChatSessionQueryVariables>;
export const ChatSessionCredentialsDocument = new TypedDocumentString(`
    query ChatSessionCredentials($id: ID!) {
  chatSession(id: $id) {
    id
    credentials
  }
}
    `) as unknown as TypedDocumentString<ChatSessionCredentialsQuery, ChatSessionCredentialsQueryVariables>;
export const ChatSessionsDocument = new TypedDocumentString(`
    query ChatSessions($userId: ID, $first: Int, $after: String, $last: Int, $before: String, $offset: Int) {
  chatSessions(
    userId: $userId
    first: $first
    after: $after
    last: $last
    before: $before
    offset: $offset
  ) {
    nodes {
      ...ChatSessionFields
    }
    pageInfo {
      ...PageInfoFields
    }
  }
}
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}
fragment PageInfoFields on PageInfo {
  startCursor
  endCursor
  hasPreviousPage
  hasNextPage
}`) as unknown as TypedDocumentString<ChatSessionsQuery, ChatSessionsQueryVariables>;
export const CountChatSessionsDocument = new TypedDocumentString(`
    query CountChatSessions($userId: ID) {
  chatSessions(userId: $userId, first: 0) {
    totalCount
  }
}
    `) as unknown as TypedDocumentString<CountChatSessionsQuery, CountChatSessionsQueryVariables>;
export const ChatSessionWithMessagesDocument = new TypedDocumentString(`
    query ChatSessionWithMessages($id: ID!) {
  chatSession(id: $id) {
    ...ChatSessionFields
    messages {
      nodes {
        ...ChatMessageFields
      }
      pageInfo {
        ...PageInfoFields
      }
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}
fragment PageInfoFields on PageInfo {
  startCursor
  endCursor
  hasPreviousPage
  hasNextPage
}`) as unknown as TypedDocumentString<ChatSessionWithMessagesQuery, ChatSessionWithMessagesQueryVariables>;
export const ChatSessionChangesDocument = new TypedDocumentString(`
    query ChatSessionChanges($id: ID!, $afterRevision: Int, $epoch: String, $first: Int) {
  chatSession(id: $id) {
    id
    changes(afterRevision: $afterRevision, epoch: $epoch, first: $first) {
      changes {
        ...ChatSessionChangeFields
      }
      hasMore
      revision
      epoch
    }
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}
fragment ChatSessionChangeFields on ChatSessionChange {
  __typename
  revision
  epoch
  ... on ChatMessagesAppended {
    chatMessages {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageContentChanged {
    chatMessage {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageGrew {
    messageId
    offset
    delta
  }
  ... on ChatSessionUpdated {
    chatSession {
      ...ChatSessionFields
    }
  }
  ... on ChatSessionDeleted {
    sessionId
  }
}`) as unknown as TypedDocumentString<ChatSessionChangesQuery, ChatSessionChangesQueryVariables>;
export const CreateChatSessionDocument = new TypedDocumentString(`
    mutation CreateChatSession($input: CreateChatSessionInput!) {
  createChatSession(input: $input) {
    __typename
    ... on CreateChatSessionSuccess {
      chatSession {
        ...ChatSessionFields
      }
      created
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<CreateChatSessionMutation, CreateChatSessionMutationVariables>;
export const UpdateChatSessionDocument = new TypedDocumentString(`
    mutation UpdateChatSession($input: UpdateChatSessionInput!) {
  updateChatSession(input: $input) {
    __typename
    ... on UpdateChatSessionSuccess {
      chatSession {
        ...ChatSessionFields
      }
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<UpdateChatSessionMutation, UpdateChatSessionMutationVariables>;
export const DeleteChatSessionDocument = new TypedDocumentString(`
    mutation DeleteChatSession($input: DeleteChatSessionInput!) {
  deleteChatSession(input: $input) {
    __typename
    ... on DeleteChatSessionSuccess {
      id
      replayed
    }
    ... on Error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteChatSessionMutation, DeleteChatSessionMutationVariables>;
export const WatchChatSessionDocument = new TypedDocumentString(`
    subscription WatchChatSession($sessionId: ID!, $afterRevision: Int, $epoch: String) {
  chatSessionChanges(
    sessionId: $sessionId
    afterRevision: $afterRevision
    epoch: $epoch
  ) {
    ...ChatSessionChangeFields
  }
}
    fragment ChatMessageFields on ChatMessage {
  id
  sessionId
  sequence
  revision
  role
  status
  content
  name
  refusal
  toolCallId
  toolCalls
  functionCall
  createdAt
  updatedAt
}
fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}
fragment ChatSessionChangeFields on ChatSessionChange {
  __typename
  revision
  epoch
  ... on ChatMessagesAppended {
    chatMessages {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageContentChanged {
    chatMessage {
      ...ChatMessageFields
    }
  }
  ... on ChatMessageGrew {
    messageId
    offset
    delta
  }
  ... on ChatSessionUpdated {
    chatSession {
      ...ChatSessionFields
    }
  }
  ... on ChatSessionDeleted {
    sessionId
  }
}`) as unknown as TypedDocumentString<WatchChatSessionSubscription, WatchChatSessionSubscriptionVariables>;
export const WatchChatSessionsDocument = new TypedDocumentString(`
    subscription WatchChatSessions($userId: ID, $after: String) {
  userChatSessionChanges(userId: $userId, after: $after) {
    __typename
    cursor
    ... on UserChatSessionMoved {
      chatSession {
        ...ChatSessionFields
      }
    }
    ... on UserChatSessionDeleted {
      sessionId
    }
    ... on UserChatSessionsCaughtUp {
      isStart
    }
  }
}
    fragment ChatSessionFields on ChatSession {
  id
  userId
  title
  revision
  epoch
  messageCount
  nextSequence
  totalPromptTokens
  totalCompletionTokens
  successfulAgentRuns
  successfulAgentSchedules
  createdAt
  updatedAt
}`) as unknown as TypedDocumentString<WatchChatSessionsSubscription, WatchChatSessionsSubscriptionVariables>;