import {
  GraphQLError,
  Kind,
  parse,
  validate as validateDocument,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { Limits } from '../config.js';
import { isSmall, validateCheaply } from './cheap-validation.js';
import { addDocumentPaths } from './input-path.js';
import { jsonVariablesRule } from './json-variables.js';
import { keep, keepDocuments, tokensOf } from './kept-documents.js';
import { documentSize } from './limits/document-size.js';
import { told, tooComplex } from './limits/refusals.js';
import { validationRules } from './subscription-root.js';

/** Parses and validates documents, within limits and out of a cache. */
export interface DocumentReader {
  /** @throws GraphQLError */
  parse(text: string): DocumentNode;
  /** @returns what speaks against running a document that came from `parse` */
  validate(document: DocumentNode): readonly GraphQLError[];
}

const rules = [...validationRules, jsonVariablesRule];

/** Mistakes that a document is told at most. */
const maxErrors = 25;

/** Lines that a document may have for each token. A block of text has more than one for its token. */
const linesPerToken = 2;

/** Tokens that are validated for each one of a document: its fragments are looked through for each of its operations. */
const validatedPerToken = 20;

/** What is too large or too deep to be looked at is refused before it costs much. */
export function createDocumentReader(schema: GraphQLSchema, limits: Limits): DocumentReader {
  const documents = keepDocuments();
  const validations = new WeakMap<DocumentNode, readonly GraphQLError[]>();

  function errorsOf(document: DocumentNode): readonly GraphQLError[] {
    const excess = excessOf(document, limits);
    if (excess) return [excess];
    return validateCheaply(document, () => {
      const options = { maxErrors, hideSuggestions: !isSmall(document) };
      const errors = validateDocument(schema, document, rules, options);
      addDocumentPaths(document, errors);
      return errors.map((error) => (isAborted(error) ? unreadable() : error));
    });
  }

  function refusalsOf(document: DocumentNode): readonly GraphQLError[] {
    try {
      return guarded(() => errorsOf(document), limits);
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  }

  return {
    parse(text) {
      const known = documents.get(text);
      if (known) return known;
      if (hasMoreLines(text, limits.tokens * linesPerToken)) throw unreadable();
      return guarded(() => parse(text, { maxTokens: limits.tokens }), limits);
    },
    validate(document) {
      let errors = validations.get(document);
      if (errors) return errors;
      validations.set(document, (errors = refusalsOf(document)));
      if (errors.length === 0) keep(documents, document);
      return errors;
    },
  };
}

/** What a document has too much of. */
function excessOf(document: DocumentNode, limits: Limits): GraphQLError | undefined {
  const { depth, aliases, directives } = documentSize(document);
  const inAll = 'in all, with its fragments wherever they are spread';
  if (depth > limits.depth)
    return tooComplex(`The document is ${depth} levels of fields deep. ${limits.depth} are allowed.`);
  if (aliases > limits.aliases)
    return tooComplex(`The document has ${told(aliases)} aliases ${inAll}. ${limits.aliases} are allowed.`);
  if (directives > limits.directives)
    return tooComplex(
      `The document has ${told(directives)} directives ${inAll}. ${limits.directives} are allowed.`,
    );
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
  if (operations > 1 && operations * tokensOf(document) > limits.tokens * validatedPerToken)
    return tooComplex(
      `The document has ${operations} operations, too many for its size. Send them one by one.`,
    );
  return undefined;
}

function hasMoreLines(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  let lines = 0;
  for (let at = 0; at < text.length && lines <= limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) lines += 1;
  }
  return lines > limit;
}

/** A parser, or a rule, that recurses into a document of thousands of levels ends the stack. */
function guarded<Result>(work: () => Result, { tokens }: Limits): Result {
  try {
    return work();
  } catch (error) {
    if (isOutOfTokens(error))
      throw tooComplex(`The document has more than ${tokens} tokens. Send values as variables.`);
    if (error instanceof RangeError || isAborted(error)) throw unreadable();
    throw error;
  }
}

/** What graphql-js reports when a document has more tokens than it was told to read. */
function isOutOfTokens(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    /^Syntax Error: Document contains more tha[nt] .* tokens\. Parsing aborted\.$/.test(error.message)
  );
}

/** What graphql-js reports when it gives up on comparing all fields of a document. */
function isAborted(error: unknown): boolean {
  return error instanceof GraphQLError && error.message === 'Validation aborted.';
}

function unreadable(): GraphQLError {
  return tooComplex('The document is too large or nested too deeply. Send values as variables.');
}
