import { endOfString } from '../../ledger/json-numbers.js';

/** The texts of the items of a JSON array. @param array valid JSON that begins with `[` */
export function splitArray(array: string): string[] {
  const items: string[] = [];
  const sign = /["[\]{},]/g;
  let depth = 0;
  let start = 1;
  for (let match = sign.exec(array); match; match = sign.exec(array)) {
    const [character] = match;
    if (character === '"') sign.lastIndex = endOfString(array, match.index);
    else if (character === '[' || character === '{') depth += 1;
    else if (character !== ',') depth -= 1;
    if (depth === 0 || (depth === 1 && character === ',')) {
      items.push(array.slice(start, match.index).trim());
      start = match.index + 1;
    }
  }
  // An empty array has no item, not an empty one.
  return items.filter((item) => item !== '');
}
