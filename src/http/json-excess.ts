import type { InputPath } from '../errors.js';

// What `JSON.parse` makes of a text may take 30 times the memory of the text: 8 MB hold 4 million empty lists. So a text
// is measured before it is parsed, which takes about 3 ms for each MB.

/** What an object, a list and a key take in memory and time, in units of what an item of a list takes. */
const heavy = 4;

/** Units that a text may have for each character that the body of a request may have. */
const unitsPerCharacter = 1 / 8;

/** What a JSON text holds too much of. */
export interface Excess {
  /** Where the value is among the variables that has most of it; undefined when that is outside of them. */
  readonly path: InputPath | undefined;
  /** The text with an empty object in the place of the variables. */
  readonly rest: string;
}

/**
 * Finds out whether a text contains more values than are parsed: one object, list or key for each 32 bytes of
 * `bodyLimit`, where a list item counts as a quarter of one.
 *
 * @param json any text: the parser says whether it is JSON
 * @param bodyLimit bytes that the text may have
 * @param place the names under which the variables stand in the text, from the outside
 */
export function findExcess(json: string, bodyLimit: number, place: readonly string[]): Excess | undefined {
  const limit = bodyLimit * unitsPerCharacter;
  const end = endOfUnits(json, limit);
  if (end === undefined) return undefined;
  const open = openAt(json, end);
  const outside = { path: undefined, rest: '' };
  const [variables, ...inner] = open.slice(place.length);
  if (!variables || place.some((name, level) => nameOf(open[level]?.key) !== name)) return outside;
  const rest = `${json.slice(0, variables.start)}{}${json.slice(endOfValue(json, variables.start))}`;
  if (endOfUnits(rest, limit) !== undefined) return outside;
  const most = inner.filter(({ units }) => units <= limit / 2).length;
  return { path: open.slice(place.length, place.length + most).map(({ key }) => nameOf(key)), rest };
}

/** The place at which a text has more units than it may have; undefined when it does not. */
function endOfUnits(json: string, limit: number): number | undefined {
  if (json.length * heavy <= limit) return undefined;
  let units = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfText(json, at);
    else units += unitsOf(code);
    if (units > limit) return at;
  }
  return undefined;
}

const quote = 0x22;
const backslash = 0x5c;

function unitsOf(code: number): number {
  switch (code) {
    case 0x7b: // {
    case 0x5b: // [
    case 0x3a: // :
      return heavy;
    case 0x2c: // ,
      return 1;
    default:
      return 0;
  }
}

/** An object or a list that is open at some place in a text. */
interface Open {
  readonly start: number;
  /** Of the text before it. */
  readonly units: number;
  /** The index of the item that comes, or its name as it is written. */
  key: string | number;
}

/** What is open at a place, from the outside. */
function openAt(json: string, end: number): Open[] {
  const open: Open[] = [];
  let units = 0;
  let name = '';
  for (let at = 0; at <= end; at += 1) {
    const last = open.at(-1);
    switch (json.charAt(at)) {
      case '{':
      case '[':
        open.push({ start: at, units, key: json.charAt(at) === '{' ? '' : 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ':':
        if (last) last.key = name;
        break;
      case ',':
        if (typeof last?.key === 'number') last.key += 1;
        break;
      case '"': {
        const start = at;
        at = endOfText(json, at);
        name = json.slice(start, at + 1);
        continue;
      }
    }
    units += unitsOf(json.charCodeAt(at));
  }
  return open;
}

/** The place behind a list or an object. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    switch (json.charAt(at)) {
      case '"':
        at = endOfText(json, at);
        break;
      case '{':
      case '[':
        depth += 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        if (depth === 0) return at + 1;
    }
  }
  return json.length;
}

/** The closing quotation mark of a text, or the end of everything. */
function endOfText(json: string, start: number): number {
  let end = start;
  do end = json.indexOf('"', end + 1);
  while (end !== -1 && isEscaped(json, end));
  return end === -1 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1;
  while (json.charCodeAt(before) === backslash) before -= 1;
  return (at - before) % 2 === 0;
}

/** @param key an index, or a name as it is written */
function nameOf<Key extends string | number | undefined>(key: Key): Key {
  if (typeof key !== 'string') return key;
  try {
    return JSON.parse(key) as Key;
  } catch {
    // No JSON, as the parser would say.
    return key;
  }
}
