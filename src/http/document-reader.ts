import {
  GraphQLError,
  parse,
  validate as validateDocument,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { addDocumentPaths } from './input-path.js';

/** Parses and validates documents, within limits and out of a cache. */
export interface DocumentReader {
  /** @throws GraphQLError */
  parse(text: string): DocumentNode;
  /** @returns what speaks against running a document that came from `parse` */
  validate(document: DocumentNode): readonly GraphQLError[];
}

/** Tokens of a document at most: several times what a batch of 500 messages takes that is written into it. */
const maxTokens = 50_000;

/** Documents that are kept at most, and the characters of the longest: those beyond carry values and do not come again. */
const kept = { documents: 1_000, characters: 20_000 };

/** What is too large or too deep to be looked at is refused before it costs much. */
export function createDocumentReader(schema: GraphQLSchema): DocumentReader {
  const documents = new LRUCache<string, DocumentNode>({ max: kept.documents });
  const validations = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    parse(text) {
      const known = documents.get(text);
      if (known) return known;
      const document = guarded(() => parse(text, { maxTokens }));
      if (text.length <= kept.characters) documents.set(text, document);
      return document;
    },
    validate(document) {
      let errors = validations.get(document);
      if (!errors) {
        errors = guarded(() => validateDocument(schema, document)).map((error) =>
          isAborted(error) ? tooComplex() : error,
        );
        addDocumentPaths(document, errors);
        validations.set(document, errors);
      }
      return errors;
    },
  };
}

/** A parser, or a rule, that recurses into a document of thousands of levels ends the stack. */
function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || isAborted(error)) throw tooComplex();
    throw error;
  }
}

/** What graphql-js reports when it gives up on the size of a document, or on comparing all its fields. */
function isAborted(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    /^(Validation aborted\.|Syntax Error: Document contains more tha[nt] .* tokens\. Parsing aborted\.)$/.test(
      error.message,
    )
  );
}

function tooComplex(): GraphQLError {
  return new GraphQLError('The document is too large or nested too deeply. Send values as variables.', {
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  });
}
