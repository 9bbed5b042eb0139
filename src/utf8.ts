import { isUtf8 } from 'node:buffer';

/**
 * The text that bytes stand for, without a byte order mark in front of it.
 *
 * @returns undefined when they are not UTF-8: Node would put U+FFFD in the place of what it can't read
 */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/**
 * The text of a header, of whose bytes Node makes a character each.
 *
 * @returns undefined when they are not UTF-8
 */
export function decodeHeader(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/**
 * A text as it would stand in a header.
 *
 * @returns undefined when it is no Unicode, but has half a surrogate pair
 */
export function encodeHeader(text: string): string | undefined {
  return text.isWellFormed() ? Buffer.from(text).toString('latin1') : undefined;
}

/** Whether an address stands for UTF-8 where it is percent-encoded. Node takes ASCII alone for the rest of it. */
export function isUtf8Address(address: string): boolean {
  const encoded = address.match(/(?:%[\da-f]{2})+/gi) ?? [];
  return encoded.every((run) => isUtf8(Buffer.from(run.replaceAll('%', ''), 'hex')));
}
