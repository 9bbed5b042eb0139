import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} RecordedMessage A message in OpenAI's chat format.
 * @property {'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function'} role
 * @property {string | null} [content]
 * @property {string} [name]
 * @property {string} [tool_call_id]
 * @property {Record<string, unknown>[]} [tool_calls]
 * @property {Record<string, unknown>} [function_call]
 * @property {string} [refusal]
 */

/**
 * @typedef {object} Recording
 * @property {string} id
 * @property {RecordedMessage[]} messages
 */

/**
 * A conversation out of a file that has one a line.
 *
 * @param {string | URL} file
 * @param {number} line from 1
 * @returns {Promise<Recording>}
 * @throws when there is no such file or line, or no JSON in it
 */
export async function readRecording(file, line) {
  const text = (await readFile(file, 'utf8')).split('\n')[line - 1];
  if (!text) throw new Error(`${file} has no line ${line}.`);
  return JSON.parse(text);
}

/** Any UUID would do. This one is the example's own, so that its ids are nobody else's. */
const namespace = Buffer.from('6f0d5a0e1c3b4b7e9a2f8d4c5e6b7a80', 'hex');

/**
 * An id that is made of names, so that it is the same at each run: a UUID of version 5 (RFC 9562).
 *
 * @param {(string | number)[]} names
 */
export function idFor(...names) {
  const bytes = createHash('sha1').update(namespace).update(JSON.stringify(names)).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
