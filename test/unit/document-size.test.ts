import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery, parse } from 'graphql';
import { readConfig } from '../../src/config.js';
import { documentSize } from '../../src/http/limits/document-size.js';

const sizeOf = (text: string) => documentSize(parse(text, { noLocation: true }));

describe('the size of a document', () => {
  test.each<[string, [depth: number, aliases: number, directives: number]]>([
    ['{ a }', [1, 0, 0]],
    ['{ a { b { c } d } e }', [3, 0, 0]],
    ['{ x: a { y: __typename } b }', [2, 2, 0]],
    ['{ ... { ... on A { a { ... { b } } } } }', [2, 0, 0]],
    ['{ a { ...F } } fragment F on A { b { c } }', [3, 0, 0]],
    ['{ a { ...F } b { ...F ...F } } fragment F on A { x: c @d }', [2, 3, 3]],
    ['query ($v: A @d) @d { a @d ... @d { b @d @d } ...F @d } fragment F on A @d { c }', [1, 0, 8]],
    ['query A { a: b } query B { c { d { e } } } query C { a @b @c }', [3, 1, 2]],
    ['{ a } fragment Unused on A { x: b { c @d } }', [2, 1, 1]],
    ['{ ...Missing @d a }', [1, 0, 1]],
    ['{ a { ...F } } fragment F on A { b { ...G } } fragment G on A { ...F c: d }', [3, 1, 0]],
    ['type A { a: Int @d }', [0, 0, 0]],
  ])('of %s', (text, [depth, aliases, directives]) => {
    expect(sizeOf(text)).toEqual({ depth, aliases, directives });
  });

  test('counts fragments that double at 500 levels, which are looked through once', () => {
    const levels = Array.from({ length: 500 }, (_, n) => `fragment F${n} on A { ...F${n + 1} ...F${n + 1} }`);
    const doubled = (count: number) =>
      sizeOf(['{ ...F0 }', ...levels.slice(0, count), `fragment F${count} on A { x: a @d }`].join(' '));
    expect(doubled(40)).toEqual({ depth: 1, aliases: 2 ** 40, directives: 2 ** 40 });
    expect(doubled(500)).toEqual({ depth: 1, aliases: 2 ** 500, directives: 2 ** 500 });
  });

  test('of all that GraphiQL asks about the schema is within the limits', () => {
    const everything = {
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    const { depth, aliases, directives } = sizeOf(getIntrospectionQuery(everything));
    const { limits } = readConfig({});
    expect(depth).toBeGreaterThan(10);
    expect(depth).toBeLessThanOrEqual(limits.depth);
    expect({ aliases, directives }).toEqual({ aliases: 0, directives: 0 });
  });
});
