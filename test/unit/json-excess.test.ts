import { expect, test } from '@jest/globals';
import { findExcess } from '../../src/http/json-excess.js';

/** Takes 100 objects, lists and keys. */
const limit = 3_200;
const place = ['variables'];
const objects = (count: number) => Array<string>(count).fill('{}').join(',');
const body = (variables: string, rest = '') => `{"query":"{ a }","variables":${variables}${rest}}`;

test.each([
  ['few objects', body(`{"a":[${objects(70)}]}`)],
  ['many brackets in a text', body(JSON.stringify({ a: '[{:,"\\'.repeat(500) }))],
  ['many brackets in a name', body(JSON.stringify({ ['[{:,"\\'.repeat(500)]: 1 }))],
  ['300 numbers', body(`{"a":[${Array(300).fill(1).join(',')}]}`)],
  ['a text without its end', `${' '.repeat(500)}"\\"`],
  ['a text that ends in a backslash', `${' '.repeat(500)}"\\\\\\`],
])('%s are parsed', (_what, text) => {
  expect(findExcess(text, limit, place)).toBeUndefined();
});

test.each([
  ['a list', `{"b":1,"a":{"x":[{"y":{}}],"z":[${objects(200)}]},"c":1}`, ['a', 'z']],
  ['an object', `{"a":{${Array.from({ length: 200 }, (_, n) => `"k${n}":1`).join(',')}}}`, ['a']],
  ['the last of several', `{"a":[{},{"b":{"c":[${objects(200)}]}}]}`, ['a', 1, 'b', 'c']],
  ['numbers', `{"a":[${Array(900).fill(1).join(',')}]}`, ['a']],
  ['all variables', `{${Array.from({ length: 200 }, (_, n) => `"k${n}":1`).join(',')}}`, []],
  ['an escaped name', `{"a\\"[":[${objects(200)}]}`, ['a"[']],
  ['what does not end', `{"a":[${objects(200)}`, ['a']],
])('too many values are found: %s', (_what, variables, path) => {
  for (const rest of ['', ',"operationName":"variables"']) {
    const found = findExcess(body(variables, rest), limit, place);
    expect(found?.path).toEqual(path);
  }
  expect(findExcess(body(variables, ',"last":1'), limit, place)?.rest).toMatch(
    /^\{"query":"\{ a \}","variables":\{\}(,"last":1\})?$/,
  );
});

test('too many levels are found half-way down', () => {
  const found = findExcess(body(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`), limit, place);
  expect(found?.path?.slice(0, 3)).toEqual(['a', 0, 0]);
  expect(found?.path?.length).toBeLessThan(60);
});

test.each([
  ['a list of requests', `[${objects(200)}]`],
  ['another property', `{"extensions":{"variables":[${objects(200)}]},"variables":{}}`],
  ['variables that come twice', body(`[${objects(200)}],"variables":[${objects(200)}]`)],
  ['nothing but brackets', '['.repeat(500)],
  ['two values', `{}${objects(200)}`],
])('outside the variables they have no place: %s', (_what, text) => {
  expect(findExcess(text, limit, place)).toEqual({ path: undefined, rest: '' });
});

test('the variables of a message of a socket stand deeper', () => {
  const text = `{"id":"1","payload":${body(`{"a":[${objects(200)}]}`)}}`;
  expect(findExcess(text, limit, ['payload', 'variables'])).toEqual({
    path: ['a'],
    rest: `{"id":"1","payload":${body('{}')}}`,
  });
});
