/** Who says the text at a place of a conversation. */
export function speaker(index: number): 'USER' | 'ASSISTANT' {
  return index % 2 === 0 ? 'USER' : 'ASSISTANT';
}

/** Texts of different heights. */
export function paragraphs(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `Paragraph ${n} ${'goes on and on, '.repeat((n % 7) * 4)}`);
}

/** What a model says, when it is told to. */
export class Tokens {
  readonly #queue: (string | null)[] = [];
  #wake: () => void = () => undefined;

  push(token: string): void {
    this.#queue.push(token);
    this.#wake();
  }

  end(): void {
    this.#queue.push(null);
    this.#wake();
  }

  async *read(): AsyncGenerator<string> {
    for (;;) {
      const token = this.#queue.shift();
      if (token === null) return;
      if (token === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else yield token;
    }
  }
}
