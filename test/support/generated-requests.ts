import type { GraphQLSchema } from 'graphql';
import type { Random } from './chaos/random.js';
import { createDocument, fieldsOf, type Words } from './generated-document.js';

/** A body of a request, and what stands in its headers. */
export interface GeneratedRequest {
  readonly body: string;
  readonly accept: string | undefined;
}

/** Queries of any shape that a schema allows, and what they bring for their variables. */
export function createQueries(
  schema: GraphQLSchema,
  random: Random,
  words: Words,
): () => { readonly query: string; readonly variables: Readonly<Record<string, unknown>> } {
  const root = schema.getQueryType();
  if (!root) throw new Error('There is no query type.');
  const fields = fieldsOf(root);
  return () => {
    const { definitions, fragments, variables, field } = createDocument(schema, random, words);
    const chosen = Array.from({ length: random.between(1, 3) }, () => random.pick(fields)).flatMap((each) =>
      field(each, 4),
    );
    const head =
      definitions.length > 0 ? `query Q(${definitions.join(', ')}) ` : random.chance(0.5) ? 'query Q ' : '';
    return { query: [`${head}{ ${chosen.join(' ')} }`, ...fragments].join('\n'), variables };
  };
}

/** Requests with such queries, and some with what no schema allows. */
export function createRequests(schema: GraphQLSchema, random: Random, words: Words): () => GeneratedRequest {
  const next = createQueries(schema, random, words);

  function damaged(text: string): string {
    const at = random.between(0, text.length - 1);
    return random.pick([
      () => text.slice(0, at) + text.slice(at + 1),
      () =>
        `${text.slice(0, at)}${random.pick(['{', '}', '(', '$', '"', 'x', '!', '\u{1F600}'])}${text.slice(at)}`,
      () => text.slice(0, at),
    ])();
  }

  return () => {
    const { query, variables } = next();
    const accept = random.pick([
      '',
      '',
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'application/graphql-response+json, application/json;q=0.9',
      'application/json, application/graphql-response+json',
      'application/json; charset=utf-8',
      'text/html, application/json',
    ]);
    const plain = { query, variables };
    const odd: readonly (() => string)[] = [
      () => JSON.stringify({ ...plain, operationName: random.pick(['Q', 'Other', '', null, 1]) }),
      () => JSON.stringify({ ...plain, extensions: random.pick([{}, null, { a: 1 }, { cost: true }, 'x']) }),
      () => JSON.stringify({ ...plain, variables: random.pick([null, [], 'x', 1]) }),
      () => JSON.stringify({ ...plain, other: 1 }),
      () => JSON.stringify([plain]),
      () => JSON.stringify({ variables }),
      () => JSON.stringify({ query: random.pick([1, null, '', {}]) }),
      () => damaged(JSON.stringify(plain)),
      () => random.pick(['', '{}', '[]', 'null', '1', '"x"', 'true', '{']),
      () => JSON.stringify({ query: `${query} query Second { __typename }`, variables }),
    ];
    if (random.chance(0.08)) return { body: random.pick(odd)(), accept: accept || undefined };
    return {
      body: JSON.stringify(random.chance(0.1) ? { ...plain, query: damaged(query) } : plain),
      accept: accept || undefined,
    };
  };
}
