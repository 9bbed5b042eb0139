/** Aborts when it was not fed in time. */
export class Watchdog {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(milliseconds: number) {
    this.#timer = this.#set(milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  feed(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#set(milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Passes everything on, and feeds the watchdog with it. */
  watching(milliseconds: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.feed(milliseconds);
        controller.enqueue(chunk);
      },
    });
  }

  #set(milliseconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#controller.abort(new DOMException('The time limit was reached.', 'TimeoutError'));
    }, milliseconds);
  }
}
