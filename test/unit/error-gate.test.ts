import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { graphql, GraphQLError, GraphQLScalarType, parse, type GraphQLSchema } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import { DatabaseError } from '../../src/data/database-error.js';
import { RequestScope } from '../../src/data/request-scope.js';
import {
  ChatledgerError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  retryableByCode,
  UnauthenticatedError,
  type ErrorCode,
} from '../../src/errors.js';
import { publicErrors } from '../../src/http/error-gate.js';
import { createPipeline } from '../../src/http/pipeline.js';
import { Place, Queue } from '../../src/http/queue.js';
import type { RequestState } from '../../src/http/request.js';
import { useErrorGate } from '../../src/http/use-error-gate.js';
import { usePipeline } from '../../src/http/use-pipeline.js';
import type { Context } from '../../src/schema/context.js';

const secret = 'postgres://root:hunter2@10.0.0.1';

/** What a resolver throws reaches the gate as the executor wraps it. */
async function gate(thrown: unknown) {
  const schema: GraphQLSchema = createSchema({
    typeDefs: 'type Query { field: Int }',
    resolvers: {
      Query: {
        field() {
          throw thrown;
        },
      },
    },
  });
  const { errors = [] } = await graphql({ schema, source: '{ field }' });
  return publicErrors(errors, 'request-1');
}

describe('what a resolver throws', () => {
  const coded = (code: ErrorCode) =>
    new (class extends ChatledgerError {
      readonly code = code;
    })('for the caller');
  test.each(Object.entries(retryableByCode))(
    'on purpose with code %s leaves as it is',
    async (code, retryable) => {
      const { errors, codes, faults } = await gate(coded(code as ErrorCode));
      expect(codes).toEqual([code]);
      expect(errors[0]?.message).toBe('for the caller');
      expect(errors[0]?.path).toEqual(['field']);
      expect(errors[0]?.extensions).toMatchObject({ code, retryable, requestId: 'request-1' });
      const isFault = [
        'INTERNAL_SERVER_ERROR',
        'TIMEOUT',
        'SERVICE_UNAVAILABLE',
        'CREDENTIALS_UNAVAILABLE',
      ].includes(code);
      expect(faults).toHaveLength(isFault ? 1 : 0);
    },
  );

  test.each<[string, unknown, ErrorCode]>([
    ['InvalidInputError', new InvalidInputError('m', ['input', 'a', 0]), 'BAD_USER_INPUT'],
    ['NotFoundError', new NotFoundError('m'), 'NOT_FOUND'],
    ['ForbiddenError', new ForbiddenError('m'), 'FORBIDDEN'],
    ['UnauthenticatedError', new UnauthenticatedError('m'), 'UNAUTHENTICATED'],
    ['DatabaseError', new DatabaseError('timeout', undefined, new Error(secret)), 'TIMEOUT'],
  ])('as %s has its code', async (_name, error, code) => {
    const { errors, codes } = await gate(error);
    expect(codes).toEqual([code]);
    expect(JSON.stringify(errors)).not.toContain('hunter2');
    const path = error instanceof InvalidInputError ? ['input', 'a', 0] : undefined;
    expect(errors[0]?.extensions['path']).toEqual(path);
  });

  test.each<[string, unknown]>([
    ['an error', new Error(secret)],
    ['an error with a code', Object.assign(new Error(secret), { code: 'FORBIDDEN' })],
    [
      'an error with extensions',
      Object.assign(new Error(secret), { extensions: { code: 'FORBIDDEN', secret } }),
    ],
    [
      'an error with extensions of validation',
      Object.assign(new Error(secret), { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', path: ['a'] } }),
    ],
    ['an error with a path', Object.assign(new Error(secret), { path: ['field'], nodes: [] })],
    ['a GraphQLError', new GraphQLError(secret)],
    ['a GraphQLError around an error', new GraphQLError(secret, { originalError: new Error(secret) })],
    [
      'a GraphQLError with a code that there is not',
      new GraphQLError(secret, { extensions: { code: 'WRONG', secret } }),
    ],
    [
      'a GraphQLError with the code of a fault',
      new GraphQLError(secret, { extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
    ],
    ['a text', secret],
    ['nothing', undefined],
    ['an object', { message: secret }],
  ])('by mistake loses its message: %s', async (_name, thrown) => {
    const { errors, codes, faults } = await gate(thrown);
    expect(codes).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(errors[0]?.message).toBe('Internal server error.');
    expect(JSON.stringify(errors)).not.toContain('hunter2');
    expect(errors[0]?.extensions['path']).toBeUndefined();
    expect(errors[0]?.originalError).toBeUndefined();
    expect(faults).toHaveLength(1);
  });
});

describe('what the library finds', () => {
  const Fragile = new GraphQLScalarType({
    name: 'Fragile',
    serialize() {
      throw new GraphQLError(secret);
    },
    parseValue() {
      throw new RangeError(secret);
    },
  });
  const schema: GraphQLSchema = createSchema({
    typeDefs: `
      scalar Fragile
      input Item { count: Int! kind: Kind inner: Item items: [Item!] }
      enum Kind { A B }
      type Query { written: Fragile missing: Int! take(item: Item, fragile: Fragile, count: Int): Int }`,
    resolvers: { Fragile, Query: { written: () => 1, missing: () => null, take: () => 1 } },
  });
  const pipeline = createPipeline(schema, readConfig({}).limits, pino({ level: 'silent' }));
  const yoga = createYoga<RequestState, Context>({
    schema,
    plugins: [usePipeline(pipeline), useErrorGate(pipeline)],
    parserAndValidationCache: false,
    maskedErrors: false,
    logging: false,
  });
  const place = new Place(new Queue(1), new Socket());
  const newState = () => ({
    ...{ requestId: 'r', viewer: null, expiresAt: null, badValue: undefined, outcome: { codes: [] } },
    document: {},
    ...{ place, scope: new RequestScope(), awaitsContinue: false },
  });
  type Ask = (
    query: string,
    variables?: Record<string, unknown>,
  ) => Promise<{ message: string; code: unknown; path: unknown }[]>;

  const askYoga: Ask = async (query, variables = {}) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    };
    const response = await yoga.fetch('http://localhost/graphql', init, newState());
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions: { code: string; path?: unknown } }[];
    };
    return errors.map(({ message, extensions: { code, path } }) => ({ message, code, path }));
  };

  const askWriter: Ask = async (query, variableValues = {}) => {
    const document = pipeline.parse(query);
    const invalid = pipeline.validate(document);
    const found =
      invalid.length > 0
        ? invalid
        : (await pipeline.write({ schema, document, variableValues }, { viewer: null })).errors;
    const { errors = [] } = pipeline.gate({ errors: found }, newState());
    return errors.map(({ message, extensions: { code, path } }) => ({ message, code, path }));
  };

  const ways: [string, Ask][] = [
    ['Yoga', askYoga],
    ['the writer', askWriter],
  ];

  test.each(['{ written }', '{ missing }'])('in what is stored is our fault: %s', async (query) => {
    for (const [way, ask] of ways) {
      const errors = [{ code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error.', path: undefined }];
      expect([way, await ask(query)]).toEqual([way, errors]);
    }
  });

  const take = 'query ($item: Item, $fragile: Fragile) { take(item: $item, fragile: $fragile) }';
  test.each<[string, Record<string, unknown>, unknown[]]>([
    [take, { item: 5 }, [['item']]],
    [take, { item: { count: 'x' } }, [['item', 'count']]],
    [take, { item: { count: 1, items: [{ count: 1 }, { count: null }] } }, [['item', 'items', 1, 'count']]],
    [take, { item: { count: 1, inner: { count: 1, inner: {} } } }, [['item', 'inner', 'inner']]],
    [take, { item: { count: 1, kind: 'x at "item.inner.count"; ' } }, [['item', 'kind']]],
    [take, { item: { count: 1, ' at "item.count"; ': 1 } }, [['item']]],
    [
      take,
      { item: { count: 'a', kind: 'C' } },
      [
        ['item', 'count'],
        ['item', 'kind'],
      ],
    ],
    [take, { fragile: [] }, [['fragile']]],
    ['query ($count: Int!) { take(count: $count) }', {}, [['count']]],
    ['query ($count: Int!) { take(count: $count) }', { count: null }, [['count']]],
    ['query ($count: Int!) { take(count: $count) }', { count: 2 ** 31 }, [['count']]],
    ['{ take(count: "x") }', {}, [['count']]],
    [
      '{ take(item: { count: 1, items: [{ count: 1 }, { count: 1.5 }] }) }',
      {},
      [['item', 'items', 1, 'count']],
    ],
    ['{ take(item: { count: 1, kind: C }) }', {}, [['item', 'kind']]],
    ['{ take(item: { count: 1, odd: 1 }) }', {}, [['item', 'odd']]],
    ['{ take(odd: 1) }', {}, [['odd']]],
    ['{ odd }', {}, [undefined]],
    ['query ($count: Int = 1) { take(item: { count: $count }) }', { count: null }, [['item']]],
  ])('in the input says where: %s with %j', async (query, variables, paths) => {
    for (const [way, ask] of ways) {
      const errors = await ask(query, variables);
      expect([way, errors.map(({ path }) => path)]).toEqual([way, paths]);
      for (const { code } of errors) expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(code);
    }
  });

  test('is told in 1,000 characters, with the reason at the end', async () => {
    const [error] = await askYoga(take, { item: { count: 'x'.repeat(100_000) } });
    expect(error?.message.length).toBe(1_000);
    expect(error?.message).toMatch(/^Variable "\$item" got invalid value "xxx.*xxx \.\.\. xxx/);
  });
});

test('the code and the headers of HTTP are beside the error, and not in what leaves', () => {
  const [error] = publicErrors([new GraphQLError('m', { nodes: parse('{ a }').definitions })], 'r').errors;
  expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT', retryable: false, requestId: 'r', http: {} });
});
