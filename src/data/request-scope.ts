import { AnswerTooLargeError, ChatledgerError } from '../errors.js';

/**
 * What belongs to one request: whether its client still waits, its deadline, and what it may read. An AbortSignal would
 * cost more than the rest of what is kept for a small request.
 */
export class RequestScope {
  #isAborted = false;

  /** Called once, when the client disconnects. */
  onAbort: (() => void) | undefined = undefined;

  /** When this time is over, by `performance.now()`, nothing more is begun. */
  deadline = Infinity;

  /** Writes that have or may have taken effect, and would do so again if the request were sent again. */
  unrepeatableWrites = 0;

  /** Bytes that an answer, or an event of a stream, may have. */
  answerLimit = Infinity;
  #read = 0;
  #shown = 0;

  /**
   * Counts bytes that were read from the database. Encrypted values take a third more there than in the answer.
   * @throws AnswerTooLargeError
   */
  countRead(bytes: number): void {
    this.#read += bytes;
    if (this.#read > (4 / 3) * this.answerLimit) throw new AnswerTooLargeError(this.answerLimit);
  }

  /** Counts bytes of an answer that is not written as text. @throws AnswerTooLargeError */
  countShown(bytes: number): void {
    this.#shown += bytes;
    if (this.#shown > this.answerLimit) throw new AnswerTooLargeError(this.answerLimit);
  }

  /** Counts the next event from 0. */
  resetCounts(): void {
    this.#read = 0;
    this.#shown = 0;
  }

  /** Whether the client has disconnected. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** @throws RequestTimeoutError after the deadline */
  begin(): void {
    if (performance.now() > this.deadline) throw new RequestTimeoutError();
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.onAbort?.();
  }
}

/** Nothing is read for a client that has disconnected. It is not sent to anybody, so its code does not matter. */
export class ClientDisconnectedError extends ChatledgerError {
  readonly code = 'BAD_REQUEST';
  constructor() {
    super('The client has gone.');
  }
}

/** A request has had its time. What it still wanted was not begun. */
export class RequestTimeoutError extends ChatledgerError {
  readonly code = 'TIMEOUT';
  constructor() {
    super('The request took too long. This part of it was not begun.');
  }
}
