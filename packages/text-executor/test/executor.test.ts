import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  execute,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  parse,
  type ExecutionArgs,
  type GraphQLResolveInfo,
} from 'graphql';
import {
  acceptsJson,
  createTextExecutor,
  createVariableCoercion,
  needsInfo,
  type TextExecutorOptions,
} from '../src/index.js';

class Raw {
  constructor(readonly text: string) {}
}

const jsonOf = (value: unknown) => (value instanceof Raw ? value.text : undefined);

const schema = buildSchema(`
  type Query { a: String, list: [Item!], item(id: ID!, first: Int = 5): Item, needed: String! }
  type Item { id: ID, text: String }
  type Mutation { step(n: Int!): Int }
  type Subscription { tick: Int }
`);

async function run(query: string, options: TextExecutorOptions, args: Partial<ExecutionArgs> = {}) {
  const { data, errors } = await createTextExecutor(
    schema,
    options,
  )({
    schema,
    document: parse(query),
    ...args,
  });
  return { data: data === undefined ? undefined : [data].flat().join(''), parts: data, errors };
}

describe('values that are JSON already', () => {
  test('stand in the answer as they are, in the place of whole lists and objects too', async () => {
    const rootValue = { list: new Raw('[{"id": "1"}]'), item: new Raw('{ "text":null}'), a: new Raw('"x"') };
    const { data } = await run('{ list { id } item(id: 1) { text } a }', { jsonOf }, { rootValue });
    expect(data).toBe('{"list":[{"id": "1"}],"item":{ "text":null},"a":"x"}');
  });

  test('may be null only where null may be', async () => {
    const { data, errors } = await run('{ needed }', { jsonOf }, { rootValue: { needed: new Raw('null') } });
    expect(data).toBe('null');
    expect(errors.map(({ message }) => message)).toEqual([
      'Cannot return null for non-nullable field Query.needed.',
    ]);
  });

  test('are sent by themselves when they are long', async () => {
    const text = JSON.stringify('x'.repeat(30_000));
    const { parts } = await run('{ needed a }', { jsonOf }, { rootValue: { a: 'y', needed: new Raw(text) } });
    expect(parts).toEqual(['{"needed":', text, ',"a":"y"}']);
  });

  test('can be given where `info` has the mark, which graphql-js does not set', async () => {
    const seen: unknown[] = [];
    const rootValue = {
      a: (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => seen.push(info[acceptsJson]),
    };
    await run('{ a }', {}, { rootValue });
    await execute({ schema, document: parse('{ a }'), rootValue });
    expect(seen).toEqual([true, undefined]);
  });
});

describe('`info`', () => {
  const resolve = (...given: unknown[]) => (given[3] as { fieldName: string }).fieldName;
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      declared: { type: GraphQLString, resolve, extensions: needsInfo },
      silent: { type: GraphQLString, resolve },
    },
  });
  const small = new GraphQLSchema({ query });

  test('fails where a resolver reads it without a declaration', async () => {
    const args = { schema: small, document: parse('{ declared silent }') };
    const { data, errors } = await createTextExecutor(small)(args, {});
    expect(data).toBe('{"declared":"declared","silent":null}');
    expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
      { message: expect.stringContaining('needsInfo'), path: ['silent'] },
    ]);
  });

  test('says what it says with graphql-js', async () => {
    const infos: GraphQLResolveInfo[] = [];
    const rootValue = {
      item: () => ({
        text: (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => infos.push(info),
      }),
    };
    const args = {
      schema,
      document: parse('query ($id: ID!) { same: item(id: $id) { ...F text } } fragment F on Item { text }'),
      variableValues: { id: 7 },
      rootValue,
    };
    await createTextExecutor(schema)(args);
    await execute(args);
    const [ours, theirs] = infos.map(({ fragments, variableValues, ...rest }) => ({
      ...rest,
      fragments: { ...fragments },
      variableValues: { ...variableValues },
      [acceptsJson]: undefined,
    }));
    expect(ours).toEqual(theirs);
  });
});

describe('the limit', () => {
  class TooLarge extends Error {
    constructor(size: number) {
      super(`More than ${size}.`);
    }
  }
  const limit = { size: 100, ErrorClass: TooLarge };

  test('ends a run whose answer is longer, with one error', async () => {
    const rootValue = { a: 'x'.repeat(60), list: [{ text: 'y'.repeat(60) }] };
    const { data, errors } = await run('{ a list { text } }', { limit }, { rootValue });
    expect(data).toBe('null');
    expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
      { message: 'More than 100.', path: undefined },
    ]);
    expect(errors[0]?.originalError).toBeInstanceOf(TooLarge);
  });

  test('is not reached by an answer that is just short enough', async () => {
    const rootValue = { a: 'x'.repeat(90) };
    expect((await run('{ a }', { limit }, { rootValue })).errors).toEqual([]);
  });

  test('ends the run too when a resolver throws its error', async () => {
    const rootValue = { a: () => Promise.reject(new TooLarge(5)), list: [] };
    const { data, errors } = await run('{ list { id } a }', { limit }, { rootValue });
    expect([data, errors.map(({ message }) => message)]).toEqual(['null', ['More than 5.']]);
  });
});

describe('what there is no plan for', () => {
  const reads = (given: Partial<ExecutionArgs> & { readonly query: string }) => {
    const { query, ...args } = given;
    let calls = 0;
    const fallback = (all: ExecutionArgs) => {
      calls += 1;
      return execute(all);
    };
    return run(query, { fallback }, args).then((result) => ({ ...result, calls }));
  };

  test.each([
    ['a question about the schema', { query: '{ __schema { queryType { name } } }' }],
    ['a subscription', { query: 'subscription { tick }' }],
    ['an operation that is not there', { query: '{ a }', operationName: 'Other' }],
    ['several operations and no name', { query: 'query A { a } query B { a }' }],
    ['a variable that does not fit', { query: 'query ($id: ID!) { item(id: $id) { id } }' }],
    ['a resolver for all fields', { query: '{ a }', fieldResolver: () => 'z' }],
  ])('is left to graphql-js: %s', async (_name, given) => {
    const { query, ...args } = given;
    const { data, errors, calls } = await reads(given);
    const expected = await execute({ schema, document: parse(query), ...args });
    expect(calls).toBe(1);
    expect(data).toEqual(expected.data && JSON.stringify(expected.data));
    expect(errors).toEqual(expected.errors ?? []);
  });

  test('is not what it has a plan for', async () => {
    expect(await reads({ query: '{ a }' })).toMatchObject({ calls: 0, data: '{"a":null}' });
  });

  test('is an operation of a thousand fields and more, whichever way they come about', async () => {
    const fields = Array.from({ length: 1_100 }, (_, n) => `a${n}: a`).join(' ');
    expect((await reads({ query: `{ ${fields} }` })).calls).toBe(1);
  });
});

test('a plan is made for each set of conditions', async () => {
  const executeAsText = createTextExecutor(schema);
  const document = parse(
    'query ($c: Boolean!, $d: Boolean = true) { a @include(if: $c) b: a @skip(if: $d) c: a }',
  );
  const answers = [];
  for (const variableValues of [{ c: true }, { c: false }, { c: true, d: false }, { c: true }])
    answers.push((await executeAsText({ schema, document, variableValues })).data);
  expect(answers).toEqual([
    '{"a":null,"c":null}',
    '{"c":null}',
    '{"a":null,"b":null,"c":null}',
    '{"a":null,"c":null}',
  ]);
});

test('mutations run one after the other', async () => {
  const log: string[] = [];
  const rootValue = {
    async step({ n }: { n: number }) {
      log.push(`begin ${n}`);
      await Promise.resolve();
      log.push(`end ${n}`);
      return n;
    },
  };
  const { data } = await run('mutation { b: step(n: 1) a: step(n: 2) }', {}, { rootValue });
  expect(data).toBe('{"b":1,"a":2}');
  expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('a property is read once, and arguments are new for each call', async () => {
  let reads = 0;
  const seen: object[] = [];
  const item = (args: object) => {
    seen.push(args);
    return null;
  };
  const rootValue = {
    get a() {
      reads += 1;
      return Promise.resolve('x');
    },
    item,
  };
  const { data } = await run('{ a item(id: 1) { id } other: item(id: 1) { id } }', {}, { rootValue });
  expect(data).toBe('{"a":"x","item":null,"other":null}');
  expect(reads).toBe(1);
  expect(seen).toEqual([
    { id: '1', first: 5 },
    { id: '1', first: 5 },
  ]);
  expect(seen[0]).not.toBe(seen[1]);
});

test('null spreads from what is rejected, after the rest of a list was waited for', async () => {
  const done: string[] = [];
  const slow = async () => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    done.push('slow');
    return { id: 'slow' };
  };
  const rootValue = {
    a: 'x',
    list: () => [slow(), new Error('An item fails.'), Promise.reject(new Error('Another one fails.'))],
  };
  const { data, errors } = await run('{ list { id } a }', {}, { rootValue });
  expect([data, done]).toEqual(['{"list":null,"a":"x"}', ['slow']]);
  expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
    { message: 'An item fails.', path: ['list', 1] },
  ]);
});

describe('the coercion of variables', () => {
  const inputs = buildSchema(`
    input In { n: Int = 3, text: String!, inner: [In!] }
    enum Color { RED }
    type Query { f(in: [In!], color: Color, id: ID): Int }
  `);
  const document = parse(
    'query ($in: [In!], $color: Color, $id: ID = "x") { f(in: $in, color: $color, id: $id) }',
  );
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('There is no operation.');

  test('gives the values of the types', () => {
    const coerce = createVariableCoercion(inputs);
    const given = { in: [{ text: 'a', inner: [{ text: 'b', n: null }] }], color: 'RED', id: 5 };
    expect({ ...coerce(operation, given) }).toEqual({
      in: [{ n: 3, text: 'a', inner: [{ n: null, text: 'b' }] }],
      color: 'RED',
      id: '5',
    });
  });

  test.each([
    ['a default is needed', { in: [] }],
    ['a field is unknown', { in: [{ text: 'a', other: 1 }], id: '' }],
    ['a field is missing', { in: [{}], id: '' }],
    ['a value is of another type', { id: {} }],
    ['a list has more inputs than it may', { in: [{ text: 'a' }, { text: 'b' }, { text: 'c' }], id: '' }],
    ['a list is no list', { in: { text: 'a' }, id: '' }],
  ])('leaves it to graphql-js where %s', (_name, given) => {
    expect(createVariableCoercion(inputs, { maxInputs: 2 })(operation, given)).toBeUndefined();
  });
});
