import type { ExecutionResult } from 'graphql';
import type { RequestState } from '../request.js';

/** An operation of a socket: a request of its own, with its id, its place in the queue and its time. */
export class SocketOperation {
  readonly begun = performance.now();
  #stream: AsyncIterableIterator<ExecutionResult, undefined> | undefined;
  #isAbandoned = false;
  #resolveOver: () => void = () => undefined;
  /** Resolves when nothing of it is under way any more. */
  readonly over = new Promise<void>((resolve) => (this.#resolveOver = resolve));

  constructor(
    readonly id: string,
    readonly state: RequestState,
    /** Why it is not run. */
    readonly refusal: Error | undefined,
  ) {}

  /** Whether its client did not wait for its end. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** A stream that ends when the operation is abandoned. It may take any time. */
  follow(
    stream: AsyncIterableIterator<ExecutionResult, undefined>,
  ): AsyncIterableIterator<ExecutionResult, undefined> {
    this.#stream = stream;
    this.state.scope.deadline = Infinity;
    if (this.#isAbandoned) this.#endStream();
    return stream;
  }

  /** Reads nothing more for it. Idempotent. */
  abandon(): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.state.scope.abort();
    this.#endStream();
  }

  /** Call it when nothing of it is under way any more. */
  end(): void {
    this.state.place.leave();
    this.#resolveOver();
  }

  #endStream(): void {
    void this.#stream?.return?.();
  }
}
