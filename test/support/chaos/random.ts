import { Random as Numbers } from '../../../packages/text-executor/test/random.js';

/** Random values that can be repeated: the same seed gives the same ones. */
export class Random extends Numbers {
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
