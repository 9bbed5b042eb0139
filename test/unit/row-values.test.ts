import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { JsonText, rowTypes } from '../../src/data/row-values.js';

const { TIMESTAMPTZ, JSON: JSON_OID, JSONB } = pg.types.builtins;

describe('a moment', () => {
  const parse = rowTypes.getTypeParser(TIMESTAMPTZ) as unknown as (text: string) => string;
  test.each([
    ['2007-12-03 10:15:30+00', '2007-12-03T10:15:30.000Z'],
    ['2007-12-03 10:15:30.1+00', '2007-12-03T10:15:30.100Z'],
    ['2007-12-03 10:15:30.12+00', '2007-12-03T10:15:30.120Z'],
    ['2007-12-03 10:15:30.123+00', '2007-12-03T10:15:30.123Z'],
    ['2007-12-03 10:15:30.123456+00', '2007-12-03T10:15:30.123Z'],
    ['2007-12-03 15:45:30.12+05:30', '2007-12-03T10:15:30.120Z'],
    ['2007-12-03 08:15:30-02', '2007-12-03T10:15:30.000Z'],
    ['12007-12-03 10:15:30.12+00', '+012007-12-03T10:15:30.120Z'],
  ])('that PostgreSQL writes %s is %s', (text, moment) => {
    expect(parse(text)).toBe(moment);
  });
});

test('JSON that is stored as text stays what it is until it is parsed', () => {
  const parse = rowTypes.getTypeParser(JSON_OID) as unknown as (text: string) => JsonText;
  const list = parse('[{"a":1.0},{"__proto__":2}]');
  expect(list).toBeInstanceOf(JsonText);
  expect(list.text).toBe('[{"a":1.0},{"__proto__":2}]');
  expect([...list]).toEqual(JSON.parse(list.text));
  expect(parse('{"a":[]}').parse()).toEqual({ a: [] });
});

test('other values are what the driver makes of them', () => {
  const parse = rowTypes.getTypeParser(JSONB) as unknown as (text: string) => unknown;
  expect(parse('{"a": 1}')).toEqual({ a: 1 });
});
