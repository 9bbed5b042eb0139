import {
  ChatSessionIdTakenError,
  ContentConflictError,
  MessageIdConflictError,
  MessageNotInProgressError,
  NotFoundError,
  OffsetConflictError,
  SequenceConflictError,
  type ExpectedError,
} from './errors.js';
import type * as Types from './generated/documents.js';

/** Every member of the mutations' result unions. */
type AnyResult =
  | Types.CreateChatSessionMutation['createChatSession']
  | Types.UpdateChatSessionMutation['updateChatSession']
  | Types.DeleteChatSessionMutation['deleteChatSession']
  | Types.AppendChatMessageMutation['appendChatMessage']
  | Types.AppendChatMessagesMutation['appendChatMessages']
  | Types.UpdateToolMessageContentMutation['updateToolMessageContent']
  | Types.StartChatMessageMutation['startChatMessage']
  | Types.ExtendChatMessageMutation['extendChatMessage']
  | Types.FinishChatMessageMutation['finishChatMessage'];

/** The expected failures among them. */
export type ExpectedFailure = Exclude<AnyResult, { readonly __typename: `${string}Success` }>;

/** What goes with a single call. */
export interface CallOptions {
  /** Ends the call; what it asked for may have happened nevertheless. */
  readonly signal?: AbortSignal | undefined;
}

/** What goes with a single call of a mutation. */
export interface MutationOptions extends CallOptions {
  /**
   * What becomes of expected failures. 'throw', the default: an ExpectedError of the class that has the failure's
   * name. 'return': the member of the result union, to be told apart by its `__typename`.
   */
  readonly failures?: 'throw' | 'return' | undefined;
}

/** What a mutation gives: its success alone, or the whole result union when failures are returned. */
export type Outcome<Result extends AnyResult, Options> = Options extends { readonly failures: 'return' }
  ? Result
  : Extract<Result, { readonly __typename: `${string}Success` }>;

/** @throws ExpectedError, unless failures are returned */
export function outcomeOf<Result extends AnyResult, Options extends MutationOptions>(
  result: Result,
  options: Options | undefined,
): Outcome<Result, Options> {
  if (options?.failures !== 'return' && isFailure(result)) throw errorFor(result);
  return result as Outcome<Result, Options>;
}

function isFailure(result: AnyResult): result is ExpectedFailure {
  return !result.__typename.endsWith('Success');
}

function errorFor(failure: ExpectedFailure): ExpectedError {
  switch (failure.__typename) {
    case 'NotFoundError':
      return new NotFoundError(failure);
    case 'ChatSessionIdTakenError':
      return new ChatSessionIdTakenError(failure);
    case 'SequenceConflictError':
      return new SequenceConflictError(failure);
    case 'MessageIdConflictError':
      return new MessageIdConflictError(failure);
    case 'ContentConflictError':
      return new ContentConflictError(failure);
    case 'OffsetConflictError':
      return new OffsetConflictError(failure);
    case 'MessageNotInProgressError':
      return new MessageNotInProgressError(failure);
  }
}

/** What a method throws that needs a session, and finds none. */
export function noSession(id: string): NotFoundError {
  return new NotFoundError({ code: 'NOT_FOUND', message: `There is no session ${id} for this viewer.` });
}
