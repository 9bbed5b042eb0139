import type { InputPath } from '../errors.js';

/**
 * What speaks against a number as JSON or GraphQL write it. Numbers are doubles here, and what is stored must have the
 * value that was sent: one that is out of their range, or that would come back as another, is refused. Decimals below
 * 2^53 are rounded to the nearest double, as everybody reads them, but not to zero.
 */
export function numberProblem(literal: string): string | undefined {
  const number = Number(literal);
  if (!Number.isFinite(number)) return 'Must not contain a number beyond the range of a double.';
  if (number === 0) return isZero.test(literal) ? undefined : inexact;
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER) return undefined;
  const [sent, kept] = [literal, String(number)].map(decimalOf);
  return sent?.digits === kept?.digits && sent?.exponent === kept?.exponent ? undefined : inexact;
}

const inexact = 'Must not contain a number that a double does not hold: send it as a string.';
const isZero = /^-?[0.]+(?:$|e)/i;

/** Whether a number may have come from a literal of another value that it must not stand for. */
function isDoubtful(number: number): boolean {
  return number === 0 || Math.abs(number) > Number.MAX_SAFE_INTEGER;
}

/** A number without its sign: digits without zeros at either end, times a power of ten. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(literal: string): Decimal {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(literal) ?? [];
  const digits = `${whole}${fraction}`;
  let [start, end] = [0, digits.length];
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  if (start === end) return { digits: '', exponent: 0 };
  return {
    digits: digits.slice(start, end),
    exponent: Number(exponent) - fraction.length + digits.length - end,
  };
}

/** A number in a JSON text that is refused. */
export interface BadNumber {
  readonly path: InputPath;
  readonly message: string;
}

/**
 * The first number of a value in a JSON text that is refused. Parsed JSON does not show it any more, but that there may
 * be one: so nearly all texts need not be looked through.
 *
 * @param json a text that `JSON.parse` takes
 * @param value the parsed value
 * @param place the names of the objects around the value; the path that is found begins inside it
 */
export function findBadNumber(
  json: string,
  value: unknown,
  place: readonly string[] = [],
): BadNumber | undefined {
  if (!hasDoubtfulNumber(value, 0) || !suspicious.test(json)) return undefined;
  for (const { keys, literal } of numbersIn(json)) {
    const message = numberProblem(literal);
    if (message === undefined) continue;
    if (place.every((name, index) => asRead(keys[index]) === name))
      return { path: keys.slice(place.length).map(asRead), message };
  }
  return undefined;
}

/** How every literal begins of which a number may be wrong. It may also stand in a string. */
const suspicious = /[[:,\s]-?(?:\d{16}|\d[\d.]*[eE]|0\.0{200})/;

/** Levels at which the search gives up, and takes it that there is one, before it ends the stack. */
const maxDepth = 200;

function hasDoubtfulNumber(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return isDoubtful(value);
  if (typeof value !== 'object' || value === null) return false;
  return depth > maxDepth || Object.values(value).some((item) => hasDoubtfulNumber(item, depth + 1));
}

/** @param key an index, or a name as it is written */
function asRead<Key extends string | number | undefined>(key: Key): Key {
  return typeof key === 'string' ? (JSON.parse(key) as Key) : key;
}

/** All numbers with the keys around them, which are as they are written. */
function* numbersIn(json: string): Generator<{ keys: readonly (string | number)[]; literal: string }> {
  /** One for each object or list that is open. */
  const keys: (string | number)[] = [];
  const number = /-?\d[\d.eE+-]*/y;
  const colon = /\s*:/y;
  for (let at = 0; at < json.length; at += 1) {
    const last = keys.length - 1;
    switch (json.charAt(at)) {
      case '{':
        keys.push('');
        break;
      case '[':
        keys.push(0);
        break;
      case '}':
      case ']':
        keys.pop();
        break;
      case ',': {
        const index = keys[last];
        if (typeof index === 'number') keys[last] = index + 1;
        break;
      }
      case '"': {
        const end = endOfString(json, at);
        colon.lastIndex = end;
        if (colon.test(json)) keys[last] = json.slice(at, end);
        at = end - 1;
        break;
      }
      default: {
        number.lastIndex = at;
        const [literal] = number.exec(json) ?? [];
        if (literal === undefined) break;
        yield { keys, literal };
        at += literal.length - 1;
      }
    }
  }
}

/** The place behind the string of a valid JSON text that begins at `start`. */
export function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}
