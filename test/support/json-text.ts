/**
 * JSON without the white space between its tokens, which PostgreSQL and `JSON.stringify` choose differently. Unlike
 * parsed JSON it keeps the order of keys, also of those that look like numbers.
 */
export function jsonText(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}
