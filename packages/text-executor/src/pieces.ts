/** Text that is there: whole, or in parts that are sent one after the other rather than copied into one. */
export type Done = string | readonly string[];

/** Text that is there, or will be. */
export type Text = Done | Promise<Done>;

/** Puts a text together out of pieces in their order, of which some may have to be waited for. */
export class Pieces {
  #parts: string[] | undefined;
  /** What comes after the parts. */
  #text: string;
  /** What comes before them. */
  #waiting: Promise<Done>[] | undefined;

  constructor(beginning: string) {
    this.#text = beginning;
  }

  add(before: string, piece: Text): void {
    this.#text += before;
    if (typeof piece === 'string') this.#text += piece;
    else if (isPromise(piece)) {
      const there = this.#take();
      (this.#waiting ??= []).push(piece.then((text) => concatenated([there, text])));
    } else {
      (this.#parts ??= []).push(this.#text, ...piece);
      this.#text = '';
    }
  }

  end(after: string): Text {
    this.#text += after;
    const rest = this.#take();
    return this.#waiting ? Promise.all(this.#waiting).then((done) => concatenated([...done, rest])) : rest;
  }

  /** Fails, after what is under way has come to an end: nobody else waits for it. */
  fail(error: unknown): Promise<never> {
    if (!this.#waiting) throw error;
    return Promise.allSettled(this.#waiting).then(() => {
      throw error;
    });
  }

  #take(): Done {
    const taken = this.#parts ? [...this.#parts, this.#text] : this.#text;
    this.#parts = undefined;
    this.#text = '';
    return taken;
  }
}

function concatenated(texts: readonly Done[]): Done {
  return texts.some((text) => typeof text !== 'string') ? texts.flat() : texts.join('');
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
