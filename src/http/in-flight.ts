import type { Socket } from 'node:net';

/** Requests that one connection may have before their answers are sent. Hardly any client has two (HTTP pipelining). */
const most = 50;

/** Requests behind the one that was too many. Node has read some of them by then; who goes on sending is cut off. */
const mostIgnored = 1_000;

/** What becomes of a request: `refused` is the first that is too many, `ignored` what comes after it. */
export type Verdict = 'admitted' | 'refused' | 'ignored';

/** Counts the requests of connections that are not answered yet. */
export class InFlight {
  readonly #counts = new WeakMap<Socket, number>();

  begin(connection: Socket): Verdict {
    const count = (this.#counts.get(connection) ?? 0) + 1;
    this.#counts.set(connection, count);
    if (count <= most) return 'admitted';
    if (count > most + mostIgnored) connection.destroy();
    return count === most + 1 ? 'refused' : 'ignored';
  }

  /** Ends a request that was admitted. */
  end(connection: Socket): void {
    const count = this.#counts.get(connection) ?? 1;
    // Once there were too many, the connection is about to end.
    if (count <= most) this.#counts.set(connection, count - 1);
  }
}
