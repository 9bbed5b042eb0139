import { AnswerWriter, type AnswerTarget } from './answer-writer.js';
import { MessageNotInProgressError } from './errors.js';
import type { FinishChatMessageInput } from './generated/documents.js';
import { newId } from './ids.js';
import { messagesOver, type ChatMessage, type Messages } from './messages.js';
import type { CallOptions } from './outcome.js';
import { patientTransport, type Transport } from './transport.js';

/** What is known of an answer when its text is over. */
export type MessageEnding = Pick<FinishChatMessageInput, 'toolCalls' | 'refusal' | 'usage'>;

export interface StreamMessageOptions extends CallOptions {
  readonly sessionId: string;
  /** The text in pieces, as a model gives them: always the whole answer, also when `id` was used before. */
  readonly tokens: AsyncIterable<string> | Iterable<string>;
  /** Asked when the tokens are over: tool calls, a refusal, tokens used. Nothing by default. */
  readonly ending?: (() => MessageEnding | Promise<MessageEnding>) | undefined;
  /**
   * Id of the message. A new one by default. One that was used before, by a writer that was killed, names the message
   * to go on with: what it holds is kept when the tokens say the same, and replaced at the end when they do not. A
   * message that is COMPLETE is returned, and no tokens are read.
   */
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
  /**
   * Milliseconds for which the start, each piece and the end are tried again while the server does not answer, also
   * with `retry: false`. Tokens that come meanwhile are kept. 900,000 by default, as STREAM_TIMEOUT_SECONDS of the
   * server; 0 leaves it at the tries of `retry`.
   */
  readonly timeout?: number | undefined;
}

/**
 * Writes an answer while it comes. Watchers see it grow.
 *
 * @returns the message as it is stored, COMPLETE
 * @throws whatever the tokens throw, after the message has ended as FAILED; the signal's reason, after it has ended as
 * CANCELLED; MessageNotInProgressError when somebody else ended it otherwise than COMPLETE; NoAnswerError and
 * RequestError when `timeout` is over
 */
export async function streamMessage(
  transport: Transport,
  options: StreamMessageOptions,
): Promise<ChatMessage> {
  const { sessionId, id = newId(), name, tokens, signal, timeout = 900_000 } = options;
  const messages = messagesOver(patientTransport(transport, timeout));
  const start = async () => (await messages.start({ sessionId, id, name }, { signal })).chatMessage;
  const target: AnswerTarget = {
    read: start,
    extend: (offset, delta) => messages.extend({ sessionId, messageId: id, offset, delta }, { signal }),
  };

  const message = await start();
  if (message.status === 'COMPLETE' || message.status === 'CANCELLED') {
    await close(tokens);
    if (message.status === 'COMPLETE') return message;
    throw new MessageNotInProgressError({
      code: 'CONFLICT',
      message: 'The message was stopped before.',
      status: message.status,
    });
  }

  const writer = new AnswerWriter(target, message, options);
  try {
    await writer.writeAll(tokens);
    const ending = await options.ending?.();
    const end = { status: 'COMPLETE', content: writer.missing(), ...ending } as const;
    const input = { sessionId, messageId: id, ...end };
    return (await messages.finish(input, { signal })).chatMessage;
  } catch (error) {
    if (!(error instanceof MessageNotInProgressError)) {
      await giveUp(
        messagesOver(transport),
        { sessionId, messageId: id },
        signal?.aborted ? 'CANCELLED' : 'FAILED',
        writer.missingPart(),
      );
    } else if (error.status === 'COMPLETE') {
      // Another writer of the same message came first, as when a queue hands out a job twice.
      return await start();
    }
    throw error;
  } finally {
    writer.stop();
  }
}

/** Ends a message that won't be complete. If that fails, the server ends it when it has heard nothing for long enough. */
async function giveUp(
  messages: Messages,
  key: { readonly sessionId: string; readonly messageId: string },
  status: 'CANCELLED' | 'FAILED',
  content: string | undefined,
): Promise<void> {
  const end = { ...key, status };
  try {
    await messages.finish({ ...end, content });
  } catch {
    // The text itself may be what the server refuses.
    if (content !== undefined) await messages.finish(end).catch(() => undefined);
  }
}

/** Tells the source of the tokens that nobody will read them: a generator does not begin, a stream is cancelled. */
async function close(tokens: StreamMessageOptions['tokens']): Promise<void> {
  const iterator =
    Symbol.asyncIterator in tokens ? tokens[Symbol.asyncIterator]() : tokens[Symbol.iterator]();
  try {
    await iterator.return?.();
  } catch {
    // It fails at closing; nothing of it is needed.
  }
}
