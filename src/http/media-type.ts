/** A media type, or a range of them, as `content-type` and `accept` name it. */
export interface MediaType {
  /** In lower case, such as `application/json`. */
  readonly name: string;
  /** Names in lower case, and values without their quotes. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

const namePattern = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/** @returns undefined for what is no media type */
export function parseMediaType(text: string): MediaType | undefined {
  const [first = '', ...rest] = splitUnquoted(text, ';');
  const name = first.trim().toLowerCase();
  if (!namePattern.test(name)) return undefined;
  const parameters = rest.map((parameter) => {
    const [key = '', value = ''] = splitAtFirst(parameter, '=');
    return [key.trim().toLowerCase(), unquoted(value.trim())] as const;
  });
  return { name, parameters };
}

/** The members of a header that is a list. */
export function splitList(header: string): string[] {
  return splitUnquoted(header, ',');
}

/** Whether text of this type is in UTF-8, as it is when no charset is named. */
export function isUtf8({ parameters }: MediaType): boolean {
  return parameters.every(([name, value]) => name !== 'charset' || /^utf-?8$/i.test(value));
}

/** Splits at separators that do not stand in quotes. */
function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === '\\') index += 1;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(begin, index));
      begin = index + 1;
    }
  }
  return [...parts, text.slice(begin)];
}

function splitAtFirst(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : value;
}
