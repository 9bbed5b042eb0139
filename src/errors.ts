/**
 * The closed list of codes, in `extensions.code` of GraphQL errors and in `code` of the members of result unions.
 * Each says whether the same request may succeed when it is sent again unchanged.
 */
export const retryableByCode = {
  GRAPHQL_PARSE_FAILED: false,
  GRAPHQL_VALIDATION_FAILED: false,
  BAD_USER_INPUT: false,
  BAD_REQUEST: false,
  PERSISTED_QUERY_NOT_SUPPORTED: false,
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  NOT_FOUND: false,
  CONFLICT: false,
  CREDENTIALS_UNAVAILABLE: false,
  QUERY_TOO_COMPLEX: false,
  ANSWER_TOO_LARGE: false,
  PAYLOAD_TOO_LARGE: false,
  METHOD_NOT_ALLOWED: false,
  UNSUPPORTED_MEDIA_TYPE: false,
  NOT_ACCEPTABLE: false,
  RATE_LIMITED: true,
  TIMEOUT: true,
  SERVICE_UNAVAILABLE: true,
  INTERNAL_SERVER_ERROR: false,
} as const;

export type ErrorCode = keyof typeof retryableByCode;

/** Where a bad value stands in the input: names of arguments and fields, indexes of lists. */
export type InputPath = readonly (string | number)[];

/** Everything that the program throws on purpose. The message is written for the caller to read. */
export abstract class ChatledgerError extends Error {
  abstract readonly code: ErrorCode;
  /** False when the request may have taken effect, and would do so again. Then it is not to be sent again. */
  readonly isRepeatable: boolean = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Input that is malformed in itself, whatever is stored. */
export class InvalidInputError extends ChatledgerError {
  readonly code = 'BAD_USER_INPUT';
  constructor(
    message: string,
    /** Not called `path`: graphql-js takes an error that has one for its own and passes it on as it is. */
    readonly inputPath: InputPath,
  ) {
    super(message);
  }
}

/** No proof of who is asking, or one that does not hold. */
export class UnauthenticatedError extends ChatledgerError {
  readonly code = 'UNAUTHENTICATED';
}

/** The viewer is known and may not do this, whatever exists. Never says that something exists. */
export class ForbiddenError extends ChatledgerError {
  readonly code = 'FORBIDDEN';
}

/** What is asked for does not exist, or not for this viewer. */
export class NotFoundError extends ChatledgerError {
  readonly code = 'NOT_FOUND';
}

/** The answer to a request, or an event of a stream, would have more bytes than one may have. */
export class AnswerTooLargeError extends ChatledgerError {
  readonly code = 'ANSWER_TOO_LARGE';
  constructor(limit: number) {
    super(`The answer is larger than ${limit} bytes. Ask for smaller pages, or for fewer fields.`);
  }
}

/** The id of a new session belongs to a session of somebody else. */
export class ChatSessionIdTakenError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor() {
    super('This id is taken. Choose another, or leave it out and the server makes one.');
  }
}

/** The sequence that the caller chose is taken. */
export class SequenceConflictError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor(
    /** The sequence that the next message gets when the caller gives none. */
    readonly nextSequence: number,
  ) {
    super(`A message with this sequence is already there. The next free one is ${nextSequence}.`);
  }
}

/** The id of a message stands for another message of the session already. */
export class MessageIdConflictError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor(readonly messageId: string) {
    super(
      `The id ${messageId} belongs to another message of the session, or to this one with a different body.`,
    );
  }
}

/** A tool message does not hold the content that the caller expected. */
export class ContentConflictError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor(readonly currentContent: string | null) {
    super('The content is not the expected one: somebody changed it.');
  }
}

/** A reader says that it has seen changes of a session which the session does not have: it must read it anew. */
export class RevisionAheadError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor() {
    super(
      'The session has not come to this revision. Read it anew, and go on from the revision that it has.',
    );
  }
}

/** A reader goes on from a revision of another epoch: nobody knows what has happened in between. */
export class EpochChangedError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor() {
    super(
      'The database has been replaced since this epoch, by a standby or a backup that need not have all that was told. Read the session anew, and go on from the epoch and the revision that it has.',
    );
  }
}

/** A reader comes back to a list with a cursor from which nobody can tell what has happened since. */
export class OutdatedCursorError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor() {
    super(
      'What happened since this cursor is not known: it is too old, or the database has recovered from a failure or a backup. Watch without a cursor, and read the list anew.',
    );
  }
}

/** Credentials can't be encrypted or decrypted with the keys that the server has. For its operator, the `cause` says why. */
export class CredentialsUnavailableError extends ChatledgerError {
  readonly code = 'CREDENTIALS_UNAVAILABLE';
}

/** A text does not have the length at which the caller wanted to go on. */
export class OffsetConflictError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor(
    /** The right offset: length of the text in UTF-16 code units. */
    readonly length: number,
  ) {
    super(`The text does not end at this offset. It goes on at ${length}.`);
  }
}

/** A message takes no more text, because it has come to its end. */
export class MessageNotInProgressError extends ChatledgerError {
  readonly code = 'CONFLICT';
  constructor(readonly status: 'complete' | 'failed' | 'cancelled') {
    super('The message is not in progress any more, or never was.');
  }
}
