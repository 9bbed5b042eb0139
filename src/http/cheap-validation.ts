import { createHash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { visit, type ASTNode, type DocumentNode, type SourceLocation } from 'graphql';

// graphql-js puts what is wrong into words that quote it, in full, and looks through the whole document for the line of
// each place that a mistake has. So it is given a document with short words and no lines, and the lines are found here.

/** Characters of a word that is quoted in full. */
const longestWord = 200;

/** Shorter documents quote so little that it need not be looked for. */
const smallDocument = 20_000;

/** Places that a mistake has at most. */
const maxPlaces = 20;

export function isSmall(document: DocumentNode): boolean {
  return textOf(document).length <= smallDocument;
}

/** The mistakes that a validation finds in a document, for little more than it costs to find none. */
export function validateCheaply(
  document: DocumentNode,
  validate: () => readonly GraphQLError[],
): readonly GraphQLError[] {
  const text = textOf(document);
  const source = document.loc?.source;
  const shortened = isSmall(document) ? [] : shortenWords(document);
  if (source) source.body = '';
  let errors: readonly GraphQLError[];
  try {
    errors = validate();
  } finally {
    if (source) source.body = text;
    for (const { node, value } of shortened) Object.assign(node, { value });
  }
  if (errors.length > 0) locate(errors, text);
  return errors;
}

function textOf({ loc }: DocumentNode): string {
  return loc?.source.body ?? '';
}

/** Cuts long words, into others that are equal only if the whole ones are. */
function shortenWords(document: DocumentNode): { readonly node: ASTNode; readonly value: string }[] {
  const shortened: { node: ASTNode; value: string }[] = [];
  const shorten = (node: ASTNode & { readonly value: string }) => {
    const { value } = node;
    if (value.length <= longestWord) return;
    shortened.push({ node, value });
    const hash = createHash('sha256').update(value).digest('hex');
    Object.assign(node, { value: `${value.slice(0, longestWord)}_${hash}` });
  };
  visit(document, { Name: shorten, StringValue: shorten, EnumValue: shorten });
  return shortened;
}

function locate(errors: readonly GraphQLError[], text: string): void {
  const lines = [...text.matchAll(/\r\n|[\n\r]/g)].map(({ 0: end, index }) => index + end.length);
  for (const error of errors) {
    const places = (error.nodes ?? []).flatMap(({ loc }) => (loc ? [loc.start] : [])).slice(0, maxPlaces);
    if (places.length > 0)
      Object.assign(error, { locations: places.map((place) => locationOf(place, lines)) });
  }
}

/** @param lines where each but the first line begins */
function locationOf(place: number, lines: readonly number[]): SourceLocation {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return { line: low + 1, column: place - (lines[low - 1] ?? 0) + 1 };
}
