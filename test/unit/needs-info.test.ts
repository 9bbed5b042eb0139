import { expect, test } from '@jest/globals';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, isObjectType, parse } from 'graphql';
import { createWriter } from '../../src/http/write/create-writer.js';
import { schema } from '../../src/schema/schema.js';

interface Pothos {
  readonly pothosOptions?: { readonly resolve?: (...given: unknown[]) => unknown };
}

const fields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type))
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));

test('the fields that declare that they need `info` are those whose resolvers take it', () => {
  const found = fields.map(({ type, field }) => {
    const { resolve } = (field.extensions as Pothos).pothosOptions ?? {};
    const name = `${type.name}.${field.name}`;
    return { name, takes: (resolve?.length ?? 0) > 3, declares: field.extensions['needsInfo'] === true };
  });
  expect(found.filter(({ takes, declares }) => takes !== declares)).toEqual([]);
  expect(found.filter(({ takes }) => takes).length).toBeGreaterThan(10);
});

test('a resolver that reads `info` without a declaration fails where it does', async () => {
  const resolve = (...given: unknown[]) => (given[3] as { fieldName: string }).fieldName;
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      declared: { type: GraphQLString, resolve, extensions: { needsInfo: true } },
      silent: { type: GraphQLString, resolve },
    },
  });
  const small = new GraphQLSchema({ query });
  const args = { schema: small, document: parse('{ declared silent }') };
  const { data, errors } = await createWriter(small, 1_000)(args, {});
  expect(data).toBe('{"declared":"declared","silent":null}');
  expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
    { message: expect.stringContaining('needsInfo'), path: ['silent'] },
  ]);
});
