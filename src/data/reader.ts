import { ChatledgerError } from '../errors.js';

/**
 * Whoever waits for what a request reads. An AbortSignal would say the same, and costs more than the rest of what is
 * kept for a small request.
 */
export class Reader {
  #isGone = false;

  /** Called once, when the reader goes. */
  onGone: (() => void) | undefined = undefined;

  /** Whether nobody waits any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.onGone?.();
  }
}

/** Nothing is read for a reader that has gone. Nobody is told, so the code means nothing. */
export class ReaderGoneError extends ChatledgerError {
  readonly code = 'BAD_REQUEST';
  constructor() {
    super('The client has gone.');
  }
}
