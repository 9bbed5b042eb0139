import type { ChatMessageStatus } from './generated/documents.js';

/** A GraphQL error as the server sends it. */
export interface ReceivedError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly retryable?: boolean;
    readonly requestId?: string;
    readonly path?: readonly (string | number)[];
    /** Seconds to wait, where no header says so. */
    readonly retryAfter?: number;
  };
}

/** Everything that the client throws, but for what an AbortSignal or a function of the caller throws. */
export abstract class ChatledgerError extends Error {
  /** A word of the server's closed list of codes, such as NOT_FOUND; NO_ANSWER when there was none. */
  abstract readonly code: string;
  /** Whether the same may succeed when it is tried again. */
  abstract readonly retryable: boolean;
  /** Milliseconds that the server asks to wait before that. */
  abstract readonly retryAfter: number;
}

/** No answer, or none that Chatledger gives: the network, a proxy, the time limit of the client. */
export class NoAnswerError extends ChatledgerError {
  override readonly name = 'NoAnswerError';
  readonly code = 'NO_ANSWER';
  /** HTTP status, if anybody answered. */
  readonly status: number | undefined;
  readonly retryAfter: number;
  constructor(
    message: string,
    readonly retryable: boolean,
    more: { readonly status?: number; readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.status = more.status;
    this.retryAfter = more.retryAfter ?? 0;
  }
}

/** The server refuses the request, or failed at it: a GraphQL error. */
export class RequestError extends ChatledgerError {
  override readonly name = 'RequestError';
  readonly code: string;
  readonly retryable: boolean;
  /** By which the server's log names the request. */
  readonly requestId: string | undefined;
  /** The field of the input that is bad, when the code is BAD_USER_INPUT. */
  readonly inputPath: readonly (string | number)[] | undefined;
  constructor(
    /** What came, one at least. The first one gives this error its message and its code. */
    readonly errors: readonly [ReceivedError, ...ReceivedError[]],
    /** HTTP status. */
    readonly status: number,
    readonly retryAfter: number,
    /** What came beside the errors. */
    readonly data: unknown,
  ) {
    super(errors[0].message);
    const { code = 'INTERNAL_SERVER_ERROR', retryable = false, requestId, path } = errors[0].extensions ?? {};
    this.code = code;
    this.retryable = retryable;
    this.requestId = requestId;
    this.inputPath = path;
  }
}

/** An expected failure of a mutation, or of a method that needs a session which is not there. */
export abstract class ExpectedError extends ChatledgerError {
  readonly retryable = false;
  readonly retryAfter = 0;
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What the input names does not exist, or not for this viewer. */
export class NotFoundError extends ExpectedError {
  override readonly name = 'NotFoundError';
}

/** The id of the new session is taken by something that is not the session of its owner. */
export class ChatSessionIdTakenError extends ExpectedError {
  override readonly name = 'ChatSessionIdTakenError';
}

/** The sequence that the input chose is taken. */
export class SequenceConflictError extends ExpectedError {
  override readonly name = 'SequenceConflictError';
  /** The sequence that the next message gets when the input gives none. */
  readonly nextSequence: number;
  constructor(failure: Failure & { readonly nextSequence: number }) {
    super(failure);
    this.nextSequence = failure.nextSequence;
  }
}

/** The id of a message stands for something else already: another message, or this one with another body. */
export class MessageIdConflictError extends ExpectedError {
  override readonly name = 'MessageIdConflictError';
  readonly messageId: string;
  constructor(failure: Failure & { readonly messageId: string }) {
    super(failure);
    this.messageId = failure.messageId;
  }
}

/** The message does not hold the expected content. */
export class ContentConflictError extends ExpectedError {
  override readonly name = 'ContentConflictError';
  /** What it holds. Null when it has no content. */
  readonly currentContent: string | null;
  constructor(failure: Failure & { readonly currentContent: string | null }) {
    super(failure);
    this.currentContent = failure.currentContent;
  }
}

/** The text does not end where the input wants to go on. */
export class OffsetConflictError extends ExpectedError {
  override readonly name = 'OffsetConflictError';
  /** The right offset: length of the text in UTF-16 code units. */
  readonly length: number;
  constructor(failure: Failure & { readonly length: number }) {
    super(failure);
    this.length = failure.length;
  }
}

/** The message takes no more text and no other end. */
export class MessageNotInProgressError extends ExpectedError {
  override readonly name = 'MessageNotInProgressError';
  /** What has become of it. CANCELLED when somebody stopped it. */
  readonly status: ChatMessageStatus;
  constructor(failure: Failure & { readonly status: ChatMessageStatus }) {
    super(failure);
    this.status = failure.status;
  }
}
