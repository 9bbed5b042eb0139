import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import pg from 'pg';
import { BufferReader } from 'pg-protocol/dist/buffer-reader.js';
import type { BackendMessage } from 'pg-protocol/dist/messages.js';
import { Parser } from 'pg-protocol/dist/parser.js';
import { AnswerTooLargeError } from '../errors.js';

/** What the driver has, and its types do not tell: how a connection begins to read what the server sends. */
interface ReadingConnection extends EventEmitter {
  attachListeners(stream: Readable): void;
}

/** `fieldCount` is that of rows and of their descriptions. */
type Message = BackendMessage & { readonly fieldCount?: number };

/**
 * A client whose connection breaks when an answer can't be read. The driver's own reads in a handler of the socket, and
 * anything that it throws there ends the process: for a damaged message, or for a text that is longer than a string may
 * be.
 */
export class GuardedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const { connection } = this as unknown as { readonly connection: ReadingConnection };
    connection.attachListeners = (stream) => {
      const check = checkRows();
      readMessages(stream, (message) => {
        check(message);
        connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
      });
    };
  }
}

/** Tells each message that comes, as the driver's `parse` does. What is thrown meanwhile ends the stream. */
function readMessages(stream: Readable, onMessage: (message: BackendMessage) => void): void {
  const parser = new Parser();
  Object.assign(parser, { reader: new StrictReader() });
  stream.on('data', (chunk: Buffer) => {
    try {
      parser.parse(chunk, onMessage);
    } catch (cause) {
      const isOurs = cause instanceof AnswerTooLargeError;
      stream.destroy(
        isOurs ? cause : new Error('Connection terminated: the answer can not be read.', { cause }),
      );
    }
  });
}

/**
 * Throws at a row that does not fit its description, or has none. The driver would give it to the next statement, which
 * others may be waiting for.
 */
function checkRows(): (message: Message) => void {
  let columns: number | undefined;
  return ({ name, fieldCount }) => {
    if (name === 'rowDescription') columns = fieldCount;
    else if (name === 'readyForQuery') columns = undefined;
    else if (name === 'dataRow' && fieldCount !== columns)
      throw new RangeError('A row does not fit its description.');
  };
}

/** Reads no text from behind the end: for an error that does not end either, the driver would do so forever. */
class StrictReader extends BufferReader {
  override string(length: number): string {
    const { offset, buffer } = this as unknown as { readonly offset: number; readonly buffer: Buffer };
    if (length < 0 || offset + length > buffer.length) throw new RangeError('A text is not complete.');
    return super.string(length);
  }
}
