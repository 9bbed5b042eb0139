const hex = (text: string) => Buffer.from(text, 'hex');

/** Bytes that are not UTF-8, whatever stands around them. */
export const badBytes: Record<string, Buffer> = {
  'a byte that UTF-8 never has, FF': hex('ff'),
  'a byte that UTF-8 never has, FE': hex('fe'),
  'an E9 of latin1': hex('e9'),
  'a continuation alone': hex('80'),
  'a second continuation': hex('c3a9a9'),
  'NUL in two bytes': hex('c080'),
  'a letter in two bytes': hex('c1a1'),
  'a letter in three bytes': hex('e081a1'),
  'a letter in four bytes': hex('f08081a1'),
  'an e with an acute in three bytes': hex('e083a9'),
  'the first surrogate': hex('eda080'),
  'the last surrogate': hex('edbfbf'),
  'a surrogate pair in six bytes': hex('eda0bdedb880'),
  'a code point beyond U+10FFFF': hex('f4908080'),
  'five bytes': hex('f888808080'),
  'six bytes': hex('fc8480808080'),
  'the first of two bytes': hex('c3'),
  'the first two of three bytes': hex('e282'),
  'the first three of four bytes': hex('f09f98'),
  'an interrupted character': hex('f09f6198'),
};

/** What stands for bytes in a text until `withBytes` puts them there. */
export const hole = '@@bytes@@';

/** A text in UTF-8 with bytes in its holes. */
export function withBytes(text: string, bytes: Buffer): Buffer {
  const pieces = text.split(hole).map((piece) => Buffer.from(piece));
  return Buffer.concat(pieces.flatMap((piece, place) => (place === 0 ? [piece] : [bytes, piece])));
}

export function percentEncoded(bytes: Buffer): string {
  return bytes.toString('hex').replaceAll(/../g, '%$&');
}
