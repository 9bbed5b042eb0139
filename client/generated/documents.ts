/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '../typed-document.js';
/** One message for the end of a session. */
export type AppendChatMessageInput = {
  /** The message. */
  message: ChatMessageInput;
  /** A place of your choice, 0 to 1,000,000,000. Without it the message comes after the last one, which never conflicts. */
  sequence?: number | null | undefined;
  /** Id of the session. */
  sessionId: string;
};

/** A batch of messages for the end of a session. */
export type AppendChatMessagesInput = {
  /** The messages in order, 0 to 500. A batch of none succeeds, and changes nothing. */
  messages: Array<ChatMessageInput>;
  /** Id of the session. */
  sessionId: string;
  /** A place of your choice for the first message, 0 to 1,000,000,000. Without it the batch comes after the last message, which never conflicts. */
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
  /** Who speaks. */
  role: ChatMessageRole;
  /** The tool call that this message answers, 1 to 500 UTF-16 code units. Meant for the role TOOL, whose content updateToolMessageContent finds by it, and kept in any other. */
  toolCallId?: string | null | undefined;
  /** Tool calls that the model made, 256 kB at most. See ChatMessage.toolCalls for how they are kept. */
  toolCalls?: Array<Record<string, unknown>> | null | undefined;
};

/** Who speaks in a message. */
export type ChatMessageRole =
  /** What the model answered. */
  | 'ASSISTANT'
  /** Instructions for the model; newer models take these instead of SYSTEM. */
  | 'DEVELOPER'
  /** The result of a function call, in the older style of the chat format. */
  | 'FUNCTION'
  /** Instructions for the model. */
  | 'SYSTEM'
  /** The result of a tool call, found by its toolCallId. */
  | 'TOOL'
  /** What the person said. */
  | 'USER';

/** Whether a message is whole. */
export type ChatMessageStatus =
  /** Somebody stopped it. It keeps what there was. */
  | 'CANCELLED'
  /** It is whole. */
  | 'COMPLETE'
  /** Its writer failed, or was not heard of for too long. It keeps what there was. */
  | 'FAILED'
  /** It is being written: more of its content may come. */
  | 'IN_PROGRESS';

/** Tokens that the answer took, to be added to the counters of the session. A counter stops at 2,147,483,647: an answer is not refused for it. */
export type ChatMessageUsageInput = {
  /** Adds to totalCompletionTokens of the session. None by default. */
  completionTokens?: number | null | undefined;
  /** Adds to totalPromptTokens of the session. None by default. */
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
  /** A name for people to read, 500 UTF-16 code units at most. Nothing but blanks is no title. */
  title?: string | null | undefined;
  /** The owner. A user may leave it out, a service gives it. */
  userId?: string | null | undefined;
};

/** A session to delete. */
export type DeleteChatSessionInput = {
  /** Id of the session. */
  id: string;
};

/** The next piece of a text. */
export type ExtendChatMessageInput = {
  /** The piece, cut between characters and not inside a surrogate pair. An empty one is a sign of life, which keeps the message from failing when the model thinks for long. The whole text has 1 MB of UTF-8 at most. */
  delta: string;
  /** Id of the message, which must be IN_PROGRESS. */
  messageId: string;
  /** Length of the text before the piece, in UTF-16 code units as JavaScript counts them: 0 to 1,000,000. */
  offset: number;
  /** Id of the session. */
  sessionId: string;
};

/** The end of a message that was streamed. What is absent or null stays as the message has it. */
export type FinishChatMessageInput = {
  /** Takes the place of the whole text that has come in so far, 1 MB of UTF-8 at most. */
  content?: string | null | undefined;
  /** Id of the message. */
  messageId: string;
  /** The model's refusal, 1 MB of UTF-8 at most. */
  refusal?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
  /** How it ended. */
  status: FinishedChatMessageStatus;
  /** Tool calls that the model made, 256 kB at most. See ChatMessage.toolCalls for how they are kept. */
  toolCalls?: Array<Record<string, unknown>> | null | undefined;
  /** Tokens that the answer took. They are added once, however often this is retried. */
  usage?: ChatMessageUsageInput | null | undefined;
};

/** How a message that was streamed came to its end: the last three of ChatMessageStatus. */
export type FinishedChatMessageStatus =
  /** Somebody stopped it. */
  | 'CANCELLED'
  /** It is whole. */
  | 'COMPLETE'
  /** Its writer failed. */
  | 'FAILED';

/** What an update does with the JSON maps that it names. */
export type JsonUpdate =
  /** The given top-level keys are set, those given as null are removed, all others stay. */
  | 'MERGE'
  /** The given map takes the place of the stored one. */
  | 'REPLACE';

/** An answer of the model that is about to be written. */
export type StartChatMessageInput = {
  /** The beginning of the text, if there is one: 1 MB of UTF-8 at most. */
  content?: string | null | undefined;
  /** A UUID of your choice, which makes the start safe to retry: the same id with the same input starts one message. The server makes one otherwise. */
  id?: string | null | undefined;
  /** Name of the participant, 500 UTF-16 code units at most. */
  name?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
};

/** Changes to a session. What is absent stays as it is. */
export type UpdateChatSessionInput = {
  /** Adds to totalCompletionTokens, in the database. A retry adds again. */
  addCompletionTokens?: number | null | undefined;
  /** Adds to totalPromptTokens, in the database. A retry adds again. */
  addPromptTokens?: number | null | undefined;
  /** Secrets by name, 256 kB at most, without the key `__proto__`. */
  credentials?: Record<string, unknown> | null | undefined;
  /** Id of the session. */
  id: string;
  /** What to do with the JSON maps below. */
  jsonUpdate?: JsonUpdate | null | undefined;
  /** Leaves a title that is already there. The update succeeds all the same. */
  onlyIfUntitled?: boolean | null | undefined;
  /** Successful runs by agent id, as any JSON, 256 kB at most, without the key `__proto__`. */
  successfulAgentRuns?: Record<string, unknown> | null | undefined;
  /** Successful schedules by agent id, as any JSON, 256 kB at most, without the key `__proto__`. */
  successfulAgentSchedules?: Record<string, unknown> | null | undefined;
  /** The new title, 500 UTF-16 code units at most; null, or nothing but blanks, takes the title away. */
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
  /** Changes the message only if it holds this; null stands for no content. Absent: whatever it holds. */
  expectedContent?: string | null | undefined;
  /** The message of role TOOL that answers the call. Give it where ids of tool calls repeat, as some providers make them: then a retry finds the same message. */
  messageId?: string | null | undefined;
  /** Id of the session. */
  sessionId: string;
  /** The tool call. If several messages answer it and messageId is absent, it means the newest that holds expectedContent where that is given, else the newest without content, else the newest. */
  toolCallId: string;
};

/** In what role somebody asks. */
export type ViewerKind =
  /** A worker, which acts for any user. */
  | 'SERVICE'
  /** A person, who sees and changes only its own sessions. */
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