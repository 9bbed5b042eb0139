import type { Socket } from 'node:net';

/**
 * The requests of a process that wait for their answers. Streams do not wait any more once they have begun, and a
 * request whose body is still coming in does not wait yet.
 */
export class Queue {
  #length = 0;
  // By connection: one that breaks takes along requests whose answers nobody will close, because they stood behind
  // another one's (HTTP pipelining).
  readonly #byConnection = new Map<Socket, number>();

  /** @param limit requests at most */
  constructor(private readonly limit: number) {}

  get isFull(): boolean {
    return this.#length >= this.limit;
  }

  /** @returns false, and does nothing, when it is full */
  join(connection: Socket): boolean {
    if (this.isFull) return false;
    this.#length += 1;
    this.#byConnection.set(connection, (this.#byConnection.get(connection) ?? 0) + 1);
    return true;
  }

  leave(connection: Socket): void {
    const waiting = this.#byConnection.get(connection);
    // It has broken, and was forgotten.
    if (waiting === undefined) return;
    this.#length -= 1;
    this.#byConnection.set(connection, waiting - 1);
  }

  /** Takes out all that came over a connection. Call it once it is closed. */
  forget(connection: Socket): void {
    this.#length -= this.#byConnection.get(connection) ?? 0;
    this.#byConnection.delete(connection);
  }
}

/** The place of one request in the queue. */
export class Place {
  #isTaken = false;

  constructor(
    private readonly queue: Queue,
    private readonly connection: Socket,
  ) {}

  /** @returns false when there is no room */
  take(): boolean {
    // It was forgotten, or will be in a moment.
    if (this.connection.destroyed) return true;
    this.#isTaken = this.queue.join(this.connection);
    return this.#isTaken;
  }

  /** Idempotent, and for who has taken none too. */
  leave(): void {
    if (this.#isTaken) this.queue.leave(this.connection);
    this.#isTaken = false;
  }
}
