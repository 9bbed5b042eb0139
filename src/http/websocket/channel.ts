import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { createLiveness } from './liveness.js';

/** Bytes that a client has not taken, beyond which nothing more is read from it. */
const highWaterMark = 1_000_000;

/** The longest reason that a frame has room for, in bytes. */
const longestReason = 123;

/** The two directions of a WebSocket, bounded. */
export class SocketChannel {
  readonly #isAlive = createLiveness();
  #heard = true;

  /** @param connection that the socket has */
  constructor(
    private readonly socket: WebSocket,
    private readonly connection: Socket,
  ) {
    socket.on('pong', () => {
      this.#heard = true;
    });
    socket.on('ping', () => {
      this.#heard = true;
      // It is answered with a frame.
      this.#pauseIfFull();
    });
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  /** @param receive called with each message; undefined for what is no text */
  onMessage(receive: (text: string | undefined) => void): void {
    this.socket.on('message', (data, isBinary) => {
      this.#heard = true;
      // By default a message comes as one Buffer, and that of a text holds UTF-8.
      receive(isBinary ? undefined : (data as Buffer).toString('utf8'));
      this.#pauseIfFull();
    });
  }

  /** Resolves when the system has taken the message, or there is nobody left to take it. */
  send(text: string): Promise<void> {
    if (this.socket.readyState !== this.socket.OPEN) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.send(text, () => {
        if (this.socket.isPaused && this.socket.bufferedAmount <= highWaterMark) this.socket.resume();
        resolve();
      });
      this.#pauseIfFull();
    });
  }

  /** Closes behind what was sent. A second call changes nothing. */
  close(code: number, reason: string): void {
    // The answer to the closing frame has to be read.
    this.socket.resume();
    const text = Buffer.byteLength(reason) > longestReason ? '' : reason;
    this.socket.close(code, text);
  }

  terminate(): void {
    this.socket.terminate();
  }

  /** Asks for a sign of life, and breaks the connection when there was none for long. Call it at a steady pace. */
  check(): void {
    const { bufferedAmount: unsent } = this.socket;
    const sent = this.connection.bytesWritten - this.connection.writableLength;
    if (this.#isAlive({ heard: this.#heard, unsent, sent })) this.socket.ping();
    else this.socket.terminate();
    this.#heard = false;
  }

  #pauseIfFull(): void {
    if (this.socket.bufferedAmount > highWaterMark && this.socket.readyState === this.socket.OPEN)
      this.socket.pause();
  }
}
