import { MessageNotInProgressError } from './errors.js';
import type { FinishChatMessageInput } from './generated/documents.js';
import type { ChatMessage, Messages } from './messages.js';
import type { CallOptions } from './outcome.js';
import { pause } from './retry.js';

/** What is known of an answer when its text is over. */
export type MessageEnding = Pick<FinishChatMessageInput, 'toolCalls' | 'refusal' | 'usage'>;

export interface StreamMessageOptions extends CallOptions {
  readonly sessionId: string;
  /** The text in pieces, as a model gives them. */
  readonly tokens: AsyncIterable<string> | Iterable<string>;
  /** Asked when the tokens are over: tool calls, a refusal, tokens used. Nothing by default. */
  readonly ending?: (() => MessageEnding | Promise<MessageEnding>) | undefined;
  /** Id of the message. A new one by default. */
  readonly id?: string | undefined;
  /** Name of the participant. None by default. */
  readonly name?: string | undefined;
  /** Milliseconds between two pieces that are sent; tokens that come meanwhile go together. 50 by default. */
  readonly interval?: number | undefined;
  /**
   * Milliseconds of silence after which a sign of life is sent, so that an answer whose model thinks for long does
   * not fail. 60,000 by default; the server waits for STREAM_TIMEOUT_SECONDS.
   */
  readonly heartbeat?: number | undefined;
}

/**
 * Writes an answer while it comes. Watchers see it grow.
 *
 * @returns the message as it is stored, COMPLETE
 * @throws whatever the tokens throw, after the message has ended as FAILED; the signal's reason, after it has ended as
 * CANCELLED; MessageNotInProgressError when somebody else ended it, and then reads no more tokens
 */
export async function streamMessage(messages: Messages, options: StreamMessageOptions): Promise<ChatMessage> {
  const { sessionId, id, name, tokens, signal, ending } = options;
  const { chatMessage } = await messages.start({ sessionId, id, name }, { signal });
  const messageId = chatMessage.id;
  const writer = new PieceWriter(messages, chatMessage, options);
  try {
    await writer.writeAll(tokens);
    const finished = await messages.finish(
      { messageId, status: 'COMPLETE', ...(await ending?.()) },
      { signal },
    );
    return finished.chatMessage;
  } catch (error) {
    if (!(error instanceof MessageNotInProgressError)) {
      const status = signal?.aborted ? 'CANCELLED' : 'FAILED';
      // If this fails too, the server ends the message when it has heard nothing for long enough.
      await messages.finish({ messageId, status }).catch(() => undefined);
    }
    throw error;
  } finally {
    writer.stop();
  }
}

/** Sends what is added, one piece at a time, so that each goes on where the one before it ends. */
class PieceWriter {
  readonly #extend: (delta: string) => Promise<void>;
  readonly #interval: number;
  readonly #silence: number;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Rejects when no more can be written. */
  readonly #broken: Promise<never>;
  #break: (reason: unknown) => void = () => undefined;
  readonly #onAbort = () => {
    this.#break(this.#signal?.reason);
  };
  #pending = '';
  #sending: Promise<void> | undefined;

  constructor(messages: Messages, message: ChatMessage, options: StreamMessageOptions) {
    const { signal, interval = 50, heartbeat = 60_000 } = options;
    this.#broken = new Promise((_, reject) => (this.#break = reject));
    // Nobody may be waiting for it at the moment.
    this.#broken.catch(() => undefined);
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort);

    const messageId = message.id;
    let offset = message.content?.length ?? 0;
    this.#extend = async (delta) => {
      ({ length: offset } = await messages.extend({ messageId, offset, delta }, { signal }));
      this.#waitForSilence();
    };
    this.#interval = interval;
    this.#silence = heartbeat;
    this.#waitForSilence();
  }

  /** Adds all of the tokens, and waits until they are sent. @throws what they throw; why no more can be written */
  async writeAll(tokens: AsyncIterable<string> | Iterable<string>): Promise<void> {
    const iterator =
      Symbol.asyncIterator in tokens ? tokens[Symbol.asyncIterator]() : tokens[Symbol.iterator]();
    try {
      // A model may be silent for long: what breaks the writing does not wait for its next token.
      for (;;) {
        const token = await Promise.race([iterator.next(), this.#broken]);
        if (token.done) break;
        this.#pending += token.value;
        if (!this.#sending && wholeCharacters(this.#pending) > 0) this.#sending = this.#send(this.#take());
      }
    } catch (error) {
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
      throw error;
    } finally {
      // What was said before the model failed is part of the message too.
      await Promise.race([this.#rest(), this.#broken]);
    }
  }

  stop(): void {
    clearTimeout(this.#heartbeat);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Sends a sign of life when there is nothing else to send for long. */
  #waitForSilence(): void {
    clearTimeout(this.#heartbeat);
    this.#heartbeat = setTimeout(() => (this.#sending ??= this.#send('')), this.#silence);
  }

  async #rest(): Promise<void> {
    await this.#sending;
    const half = this.#pending;
    this.#pending = '';
    // A text that ends within a character is not swallowed in silence: the server refuses it.
    if (half !== '') await this.#send(half);
  }

  /** Sends a piece, and after a pause what has come in meanwhile, until there is nothing left. */
  async #send(first: string): Promise<void> {
    try {
      for (let piece = first; ;) {
        await this.#extend(piece);
        if (this.#pending === '') break;
        await pause(this.#interval, this.#signal);
        piece = this.#take();
        if (piece === '') break;
      }
    } catch (error) {
      this.#break(error);
    } finally {
      this.#sending = undefined;
    }
  }

  #take(): string {
    const end = wholeCharacters(this.#pending);
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
