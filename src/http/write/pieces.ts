/** A piece of text that is there, or will be. */
export type Text = string | Promise<string>;

/** Puts a text together out of pieces in their order, of which some may have to be waited for. */
export class Pieces {
  #text: string;
  #waiting: Promise<string>[] | undefined;

  constructor(beginning: string) {
    this.#text = beginning;
  }

  add(before: string, piece: Text): void {
    if (typeof piece === 'string') {
      this.#text += before + piece;
      return;
    }
    const text = this.#text + before;
    this.#text = '';
    (this.#waiting ??= []).push(piece.then((there) => text + there));
  }

  end(after: string): Text {
    const text = this.#text + after;
    return this.#waiting ? Promise.all(this.#waiting).then((pieces) => pieces.join('') + text) : text;
  }

  /** Fails, after what is under way has come to an end: nobody else waits for it. */
  fail(error: unknown): Promise<never> {
    if (!this.#waiting) throw error;
    return Promise.allSettled(this.#waiting).then(() => {
      throw error;
    });
  }
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
