import { createReadStream } from 'node:fs';

/** A line of a file without its LF, which is all that ends a line. */
export interface ByteLine {
  /** From 1. */
  readonly number: number;
  /** Bytes of the line in the file, its LF included. */
  readonly size: number;
  /** Undefined when the line is longer than the limit. */
  readonly content: Buffer | undefined;
}

const lf = 0x0a;

/**
 * Splits a file at LF alone. node:readline takes U+2028 and U+2029, which JSON strings may hold, for ends of lines from
 * Node.js 24 on, and replaces bytes that are not UTF-8.
 *
 * @param limit bytes of a line that are held in memory; what is longer is passed over
 */
export async function* readByteLines(file: string, limit: number): AsyncGenerator<ByteLine, void> {
  let number = 0;
  let size = 0;
  let parts: Buffer[] = [];
  const add = (part: Buffer) => {
    size += part.length;
    if (size <= limit) parts.push(part);
    else parts = [];
  };
  const take = (ending: number): ByteLine => {
    number += 1;
    const content = size <= limit ? Buffer.concat(parts) : undefined;
    const line = { number, size: size + ending, content };
    size = 0;
    parts = [];
    return line;
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, start)) {
      add(chunk.subarray(start, end));
      yield take(1);
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (size > 0) yield take(0);
}
