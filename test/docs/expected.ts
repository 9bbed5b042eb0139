import { expect } from '@jest/globals';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Compares what is answered with what a page says. They are the same but for what nobody can write down beforehand:
 * times, cursors, and ids that the server made. What stands for one of them on the page is taken to be that one from
 * then on, in answers and in what is sent. `...` stands for any text without a line break.
 */
export class Reader {
  readonly #meant = new Map<string, string>();
  #sent = '';

  /** What a block that is to be sent really means. */
  send(text: string): string {
    this.#sent += text;
    return this.#put(text);
  }

  expectJson(answer: unknown, told: string): void {
    const expected: unknown = JSON.parse(told);
    expect(answer).toEqual(this.#matching(expected, answer));
  }

  expectText(answer: string, told: string): void {
    if (told.includes('...')) expect(answer.trim()).toMatch(likeness(this.#put(told.trim())));
    else expect(answer.trim()).toBe(this.#put(told.trim()));
  }

  /** What the page says, with the values that are meant. */
  #matching(told: unknown, answer: unknown, key = ''): unknown {
    if (typeof told === 'string') return this.#matchingText(told, answer, key);
    if (Array.isArray(told))
      return told.map((item, index) =>
        this.#matching(item, Array.isArray(answer) ? answer[index] : undefined, key),
      );
    if (typeof told !== 'object' || told === null) return told;
    const values = new Map(Object.entries(typeof answer === 'object' && answer !== null ? answer : {}));
    return Object.fromEntries(
      Object.entries(told).map(([name, value]) => [name, this.#matching(value, values.get(name), name)]),
    );
  }

  #matchingText(told: string, answer: unknown, key: string): unknown {
    const known = this.#meant.get(told);
    if (known !== undefined) return known;
    const isMade =
      (uuid.test(told) && !this.#sent.includes(told) && uuid.test(String(answer))) ||
      (time.test(told) && time.test(String(answer))) ||
      /cursor$/i.test(key);
    if (isMade && typeof answer === 'string') {
      this.#meant.set(told, answer);
      return answer;
    }
    return told.includes('...') ? expect.stringMatching(likeness(this.#put(told))) : this.#put(told);
  }

  #put(text: string): string {
    for (const [told, value] of this.#meant) text = text.replaceAll(told, value);
    return text;
  }
}

/** The text with any in the place of `...`. */
function likeness(text: string): RegExp {
  const parts = text.split('...').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
