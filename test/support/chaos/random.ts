/** Chance that can be repeated: the same seed gives the same numbers. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** At least 0 and below 1. This is mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number; both ends are possible. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  }

  /** Text that is hard on whoever counts in the wrong unit or cuts in the wrong place; never half a character. */
  text(least: number, most: number): string {
    return Array.from({ length: this.between(least, most) }, () => this.pick(characters)).join('');
  }

  /** Another one for somebody else, so that the order in which they draw does not matter. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}

/** Each is one code point: of one to four bytes, joined with others into one sign, or with a meaning in JSON or SSE. */
const characters = Array.from('abc  xyz.,\n\r\t"\\\u2028ßéñ\u0301漢字かな한국어😀🚀👩\u200d💻🇩🇪𝒳𠮷');
