import { MessageNotInProgressError, NotFoundError, OffsetConflictError } from './errors.js';
import type { ChatMessage } from './messages.js';
import { pause } from './retry.js';

/** The message that is written. */
export interface AnswerTarget {
  /** The message as it is stored now; it is begun again if it is not there. @throws NotFoundError without its session */
  read(): Promise<ChatMessage>;
  extend(offset: number, delta: string): Promise<{ readonly length: number }>;
}

/** When pieces are sent; the defaults are those of StreamMessageOptions. */
export interface Pace {
  readonly interval?: number | undefined;
  readonly heartbeat?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** UTF-16 code units of one piece at most: after an outage, what was kept goes in several requests. */
const maxPiece = 100_000;

/** Sends what is added, one piece at a time, so that each goes on where the one before it ends. */
export class AnswerWriter {
  readonly #target: AnswerTarget;
  readonly #interval: number;
  readonly #silence: number;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Rejects when no more can be written. */
  readonly #broken: Promise<never>;
  #reject: (reason: unknown) => void = () => undefined;
  readonly #onAbort = () => {
    this.#break(this.#signal?.reason);
  };
  #sending: Promise<void> | undefined;
  #isOver = false;

  /** All that the tokens have said. */
  #text = '';
  /** What was stored already when this writer looked; later pieces are not added to it. */
  #found = '';
  /** Length of what is stored. */
  #offset = 0;
  /** What the tokens have said and no piece has taken. */
  #pending = '';
  /** Whether the message can only be written as a whole, at its end. */
  #onlyWhole = false;
  /** Whether another writer was seen, so that nobody knows what is stored at the end. */
  #isShared = false;

  constructor(target: AnswerTarget, message: ChatMessage, pace: Pace) {
    const { signal, interval = 50, heartbeat = 60_000 } = pace;
    this.#broken = new Promise((_, reject) => (this.#reject = reject));
    // Nobody may be waiting for it at the moment.
    this.#broken.catch(() => undefined);
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort);

    this.#target = target;
    this.#interval = interval;
    this.#silence = heartbeat;
    this.#goOnFrom(message);
    this.#waitForSilence();
  }

  /** Adds all of the tokens, and waits until they are sent. @throws what they throw; why no more can be written */
  async writeAll(tokens: AsyncIterable<string> | Iterable<string>): Promise<void> {
    const iterator =
      Symbol.asyncIterator in tokens ? tokens[Symbol.asyncIterator]() : tokens[Symbol.iterator]();
    try {
      // A model may be silent for long: what breaks the writing does not wait for its next token.
      for (;;) {
        const token = await Promise.race([this.#broken, iterator.next()]);
        if (token.done) break;
        this.#add(token.value);
        if (!this.#sending && this.#hasPiece()) this.#sending = this.#send();
      }
    } catch (error) {
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      throw error;
    } finally {
      // What was said before the model failed is part of the message too.
      await Promise.race([this.#broken, this.#rest()]);
    }
  }

  /** The whole text, when it has to be stored with the end of the message. Undefined when it is stored already. */
  missing(): string | undefined {
    const isStored = !this.#onlyWhole && !this.#isShared && this.#text.length === this.#offset;
    return isStored ? undefined : this.#text;
  }

  /** As `missing`, for a text that was not said to its end: one that begins like what is stored takes nothing away. */
  missingPart(): string | undefined {
    if (this.#found.startsWith(this.#text)) return undefined;
    return this.missing()?.slice(0, wholeCharacters(this.#text));
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#heartbeat);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #break(reason: unknown): void {
    this.#isOver = true;
    clearTimeout(this.#heartbeat);
    this.#reject(reason);
  }

  #add(token: string): void {
    const at = this.#text.length;
    this.#text += token;
    if (!token.startsWith(this.#found.slice(at, at + token.length))) this.#onlyWhole = true;
    this.#pending += token.slice(Math.max(0, this.#found.length - at));
  }

  /** Compares what is stored with what the tokens have said so far. */
  #goOnFrom({ content, status }: ChatMessage): void {
    const found = content ?? '';
    this.#found = found;
    this.#offset = found.length;
    this.#pending = this.#text.slice(found.length);
    const isSame = this.#text.startsWith(found) || found.startsWith(this.#text);
    // The server has given the writer up: it takes the whole text from one that comes late.
    this.#onlyWhole = status === 'FAILED' || !isSame;
  }

  /** Sends a sign of life when there is nothing else to send for long. */
  #waitForSilence(): void {
    clearTimeout(this.#heartbeat);
    if (this.#isOver) return;
    this.#heartbeat = setTimeout(() => (this.#sending ??= this.#send()), this.#silence);
  }

  async #rest(): Promise<void> {
    await this.#sending;
    while (this.#hasPiece()) await this.#send();
    // A text that ends within a character is not swallowed in silence: the server refuses it.
    if (!this.#isOver && !this.#onlyWhole && this.#pending !== '')
      await this.#attempt(() => this.#extend(this.#pending));
  }

  /** Sends a piece, and after a pause what has come in meanwhile, until there is nothing left. */
  async #send(): Promise<void> {
    await this.#attempt(async () => {
      for (;;) {
        await this.#extend(this.#take());
        if (!this.#hasPiece()) break;
        await pause(this.#interval, this.#signal);
      }
    });
    this.#sending = undefined;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#break(error);
    }
  }

  async #extend(piece: string): Promise<void> {
    try {
      const end = this.#offset + piece.length;
      const { length } = await this.#target.extend(this.#offset, piece);
      if (length === end) this.#offset = end;
      else await this.#lookAgain();
    } catch (error) {
      const isEnded = error instanceof MessageNotInProgressError && error.status === 'FAILED';
      // A database that took over from another may have lost the message. Without its session the next look fails.
      const isLost = error instanceof NotFoundError;
      if (!isEnded && !isLost && !(error instanceof OffsetConflictError)) throw error;
      await this.#lookAgain();
    }
    this.#waitForSilence();
  }

  /** Another writer has written, or the server has given this one up, or lost what it had. */
  async #lookAgain(): Promise<void> {
    const message = await this.#target.read();
    if (message.status === 'COMPLETE' || message.status === 'CANCELLED') {
      const { status } = message;
      throw new MessageNotInProgressError({ code: 'CONFLICT', message: 'It has come to its end.', status });
    }
    this.#isShared = true;
    this.#goOnFrom(message);
  }

  #hasPiece(): boolean {
    return !this.#isOver && !this.#onlyWhole && wholeCharacters(this.#pending) > 0;
  }

  #take(): string {
    if (this.#onlyWhole) return '';
    const end = wholeCharacters(this.#pending.slice(0, maxPiece));
    const piece = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end);
    return piece;
  }
}

/** Length of a text without the first half of a surrogate pair at its end. */
function wholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
}
