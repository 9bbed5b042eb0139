import { readFile, stat } from 'node:fs/promises';
import { CommandError } from '../failure.js';
import { readByteLines } from './byte-lines.js';
import { splitArray } from './json-text.js';

/** The text of one conversation as a file has it, or why there is none. */
export type Entry = {
  /** `line 7`, or `item 7` of a JSON array. */
  readonly place: string;
  /** Bytes of the file that it takes. */
  readonly size: number;
} & ({ readonly text: string } | { readonly problem: string });

/** Bytes of a line, and of a file that has to be read as a whole. Strings of V8 end at 512 MB. */
const maxBytes = 256_000_000;

const bom = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads JSON Lines: one JSON value a line. A file that is one JSON value in several lines, or one array, is read too.
 *
 * @throws CommandError in one sentence when the file is something else as a whole
 */
export async function* readEntries(file: string): AsyncGenerator<Entry, void> {
  let isFirst = true;
  for await (const { number, size, content } of readByteLines(file, maxBytes)) {
    const place = `line ${number}`;
    if (content === undefined) {
      yield { place, size, problem: `longer than ${maxBytes} bytes` };
      continue;
    }
    if (number === 1) refuseUtf16(content, file);
    const text = decode(number === 1 && content.subarray(0, 3).equals(bom) ? content.subarray(3) : content);
    if (text === undefined) {
      yield { place, size, problem: 'not UTF-8' };
      continue;
    }
    if (text.trim() === '') continue;
    if (isFirst) {
      const items = await readDocument(file, text);
      if (items) {
        yield* items;
        return;
      }
    }
    isFirst = false;
    yield { place, size, text };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined when the bytes are not UTF-8. The CR of a line that ends in CRLF is no part of its text. */
function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes).replace(/\r$/, '');
  } catch {
    return undefined;
  }
}

function refuseUtf16(content: Buffer, file: string): void {
  const mark = content.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') throw new CommandError(`${file} is UTF-16: save it as UTF-8.`);
}

/**
 * The items of a file that is one JSON array, or the one JSON object that stands in several lines. Undefined when the
 * file has one value a line.
 *
 * @param firstLine the first line that is not empty
 * @throws CommandError
 */
async function readDocument(file: string, firstLine: string): Promise<Entry[] | undefined> {
  const beginning = firstLine.trim();
  if (!beginning.startsWith('[') && isJson(beginning)) return undefined;
  const { size } = await stat(file);
  const document =
    size <= maxBytes
      ? decode(await readFile(file))
          ?.replace(/^\uFEFF/, '')
          .trim()
      : undefined;
  if (document !== undefined && isJson(document)) {
    const items = document.startsWith('[') ? splitArray(document) : [document];
    return items.map((text, index) => ({ place: `item ${index + 1}`, size: size / items.length, text }));
  }
  // No line of JSON Lines is so short: somebody has laid the JSON out over several lines.
  if (/^[[{]{1,2}$/.test(beginning))
    throw new CommandError(
      `${file} is neither JSON Lines nor one JSON array: write each conversation on a line of its own.`,
    );
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
