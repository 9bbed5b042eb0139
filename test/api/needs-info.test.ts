import { expect, test } from '@jest/globals';
import { isObjectType } from 'graphql';
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
