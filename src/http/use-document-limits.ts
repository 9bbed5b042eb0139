import {
  GraphQLError,
  type DocumentNode,
  type parse as parseDocument,
  type validate as validateDocument,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Tokens of a document at most: several times what a batch of 500 messages takes that is written into it. */
const maxTokens = 50_000;

/** Refuses documents that are too large or too deep to be looked at, before they cost much. */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      const parse = parseFn as typeof parseDocument;
      setParseFn(((source, options) =>
        guarded(() => parse(source, { ...options, maxTokens }))) satisfies typeof parseDocument);
    },
    onValidate({ validateFn, setValidationFn }) {
      const validate = validateFn as typeof validateDocument;
      setValidationFn(((...parameters) =>
        guarded(() =>
          validate(...parameters).map((error) => (isAborted(error) ? tooComplex() : error)),
        )) satisfies typeof validateDocument);
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

/** Documents that are kept at most, and the characters of the longest: those beyond carry values and do not come again. */
const kept = { documents: 1_000, characters: 20_000 };

/** Parsed documents and syntax errors by the text of the document, up to a bound in memory. */
export function documentCaches() {
  return { documentCache: new BoundedCache<DocumentNode>(), errorCache: new BoundedCache<unknown>() };
}

class BoundedCache<Value> {
  readonly #values = new Map<string, Value>();

  get(text: string): Value | undefined {
    return this.#values.get(text);
  }

  set(text: string, value: Value): void {
    if (text.length > kept.characters) return;
    for (const [oldest] of this.#values) {
      if (this.#values.size < kept.documents) break;
      this.#values.delete(oldest);
    }
    this.#values.set(text, value);
  }
}
