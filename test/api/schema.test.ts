import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLSchema,
} from 'graphql';

/** Everything in a schema that a reader may ask about, by its coordinate, with what is said of it. */
function descriptions(schema: GraphQLSchema): [string, string | null | undefined][] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return types.flatMap((type) => {
    const found: [string, string | null | undefined][] = [[type.name, type.description]];
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        found.push([`${type.name}.${field.name}`, field.description]);
        for (const arg of field.args) {
          found.push([`${type.name}.${field.name}(${arg.name}:)`, arg.description]);
        }
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        found.push([`${type.name}.${field.name}`, field.description]);
      }
    } else if (isEnumType(type)) {
      for (const value of type.getValues()) found.push([`${type.name}.${value.name}`, value.description]);
    }
    return found;
  });
}

const schema = buildSchema(await readFile('schema.graphql', 'utf8'));

describe('schema.graphql', () => {
  test('describes every type, field, argument and value', () => {
    const all = descriptions(schema);
    expect(all.length).toBeGreaterThan(150);
    expect(all.filter(([, text]) => (text ?? '').trim() === '').map(([coordinate]) => coordinate)).toEqual(
      [],
    );
  });

  test('lets every result union be asked for `... on Error`, and have one success', () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(mutations.length).toBeGreaterThanOrEqual(6);
    for (const { name, type, args } of mutations) {
      expect(args.map((arg) => String(arg.type))).toEqual([expect.stringMatching(/Input!$/)]);
      const union = schema.getType(String(type).replace('!', ''));
      if (!isUnionType(union)) throw new Error(`${name} gives no union.`);
      const [failures, successes] = [
        union.getTypes().filter(isFailure),
        union.getTypes().filter((member) => !isFailure(member)),
      ];
      expect(failures.length).toBeGreaterThan(0);
      expect(successes.map((member) => member.name)).toEqual([
        `${name.charAt(0).toUpperCase()}${name.slice(1)}Success`,
      ]);
    }
  });
});

function isFailure(type: { getInterfaces(): readonly { name: string }[] }): boolean {
  return type.getInterfaces().some(({ name }) => name === 'Error');
}
