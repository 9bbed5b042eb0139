import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/**
 * What is kept at most: documents, the characters of the longest, and the bytes of memory that all of them may take.
 * Longer ones carry values and do not come again.
 */
const limits = { documents: 1_000, characters: 20_000, bytes: 64_000_000 };

/**
 * Bytes that a token of a document takes with the nodes made of it and with what is found out about them, as measured:
 * 250 to 510 for the nodes alone. A character of the text takes two.
 */
const bytesPerToken = 700;

/** Valid documents by their texts. */
export type KeptDocuments = LRUCache<string, DocumentNode>;

export function keepDocuments(): KeptDocuments {
  return new LRUCache<string, DocumentNode>({
    max: limits.documents,
    maxSize: limits.bytes,
    sizeCalculation: (document, text) => 2 * text.length + bytesPerToken * tokensOf(document),
  });
}

/** Keeps a document if it may come again. */
export function keep(documents: KeptDocuments, document: DocumentNode): void {
  const text = document.loc?.source.body;
  if (text !== undefined && text.length <= limits.characters) documents.set(text, document);
}

/** Comments are tokens too. */
export function tokensOf({ loc }: DocumentNode): number {
  let count = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) count += 1;
  return count;
}
