import { expect, test } from '@jest/globals';
import { findBadNumber, numberProblem } from '../../src/ledger/json-numbers.js';
import { Random } from '../support/chaos/random.js';

/** The value of a number as a fraction of whole numbers, by another way than the one that is tested. */
function fraction(literal: string): [bigint, bigint] {
  const [mantissa = '', power = '0'] = literal.toLowerCase().split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const exponent = BigInt(power) - BigInt(decimals.length);
  const digits = BigInt(whole + decimals);
  return exponent < 0n ? [digits, 10n ** -exponent] : [digits * 10n ** exponent, 1n];
}

function isSameValue(one: string, other: string): boolean {
  const [a, b] = fraction(one);
  const [c, d] = fraction(other);
  return a * d === c * b;
}

function madeUp(random: Random): string {
  const digits = (least: number, most: number) =>
    Array.from({ length: random.between(least, most) }, () =>
      random.chance(0.3) ? '0' : String(random.between(0, 9)),
    ).join('');
  const whole = `${random.between(1, 9)}${digits(0, 30)}`;
  const fractional = random.chance(0.3) ? `.${digits(1, 20)}` : '';
  const exponent = random.chance(0.3) ? `${random.pick(['e', 'E', 'e+', 'e-'])}${random.between(0, 40)}` : '';
  return `${random.chance(0.3) ? '-' : ''}${whole}${fractional}${exponent}`;
}

test('a number from 2^53 on is taken when it is written out with the same value', () => {
  const seed = Number(process.env['SEED'] ?? Date.now());
  const random = new Random(seed);
  const seen = { taken: 0, refused: 0 };
  for (let n = 0; n < 5_000; n += 1) {
    const literal = random.chance(0.2)
      ? String(2 ** random.between(40, 80) * random.between(1, 99))
      : madeUp(random);
    const number = Number(literal);
    const isTaken = Math.abs(number) < 2 ** 53 || isSameValue(literal, JSON.stringify(number));
    const problem = numberProblem(literal);
    expect({ seed, literal, isTaken: problem === undefined }).toEqual({ seed, literal, isTaken });
    seen[isTaken ? 'taken' : 'refused'] += 1;
  }
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(500);
});

test('is found in long and in deep JSON in linear time', () => {
  const size = 200_000;
  const bad = '2512292042121000001';
  const inList = `[${'"\\"1e400\\\\",'.repeat(size)}${bad}]`;
  expect(findBadNumber(inList, JSON.parse(inList))?.path).toEqual([size]);
  const deep = `${'[0,'.repeat(size)}${bad}${']'.repeat(size)}`;
  expect(findBadNumber(deep, JSON.parse(deep))?.path).toHaveLength(size);
  const zeros = `{"a":1${'0'.repeat(size)}1}`;
  expect(findBadNumber(zeros, JSON.parse(zeros))?.path).toEqual(['a']);
});

test('is not looked for again and again where it does not count', () => {
  const size = 100_000;
  const text = `{"b":${'['.repeat(size)}${'1e400,'.repeat(size)}0${']'.repeat(size)},"a":[0,1e400]}`;
  expect(findBadNumber(text, [Infinity], ['a'])?.path).toEqual([1]);
});
