type Path = readonly (string | number)[];

/** Whether a double holds another number than this literal of JSON. Fractions may be rounded to the nearest double. */
function isInexact(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return true;
  if (/^-?\d+$/.test(literal)) return literal.length > 15 && BigInt(literal) !== BigInt(value);
  return value === 0 && /^-?[0.]*[1-9]/.test(literal);
}

/** A string, of which only the beginning is matched, or a number. */
const token = /"|-?\d[\d.eE+-]*/g;

/**
 * Finds the first number in a JSON text that JSON.parse changes: an integer that a double can't hold, or a number
 * beyond its range.
 *
 * @param text valid JSON
 * @returns where it stands; undefined when there is none
 */
export function findInexactNumber(text: string): Path | undefined {
  token.lastIndex = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [literal] = match;
    if (literal === '"') token.lastIndex = endOfString(text, match.index);
    else if (isInexact(literal)) return pathOf(text, match.index, literal.length);
  }
  return undefined;
}

/** @param start where the string's opening quote stands */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** Parses the text with a mark in the place of the value, and looks for the mark. */
function pathOf(text: string, start: number, length: number): Path {
  let mark = 'here';
  while (text.includes(mark)) mark += '!';
  const marked: unknown = JSON.parse(
    `${text.slice(0, start)}${JSON.stringify(mark)}${text.slice(start + length)}`,
  );
  const open: [unknown, Path][] = [[marked, []]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, path] = next;
    if (value === mark) return path;
    if (typeof value !== 'object' || value === null) continue;
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) open.push([item, [...path, isList ? Number(key) : key]]);
  }
  return [];
}

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
