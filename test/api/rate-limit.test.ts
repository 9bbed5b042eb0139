import { describe, expect, test } from '@jest/globals';
import { createLiveLimit, endedStream } from '../../src/http/limits/live-limit.js';
import { createRateLimit } from '../../src/http/limits/rate-limit.js';
import { numbers } from '../support/ledger.js';

describe('a bucket', () => {
  test('gives what it holds, tells when there will be enough, and fills at its rate', () => {
    let now = 0;
    const take = createRateLimit({ perSecond: 10, burst: 100 }, () => now);
    expect([take('a', 60), take('a', 40)]).toEqual([0, 0]);
    expect([take('a', 1), take('a', 10), take('a', 95)]).toEqual([1, 1, 10]);
    expect(take('b', 100)).toBe(0);
    now = 3_000;
    expect([take('a', 31), take('a', 30), take('a', 1)]).toEqual([1, 0, 1]);
    now = 4_050;
    expect([take('a', 10), take('a', 1)]).toEqual([0, 1]);
  });

  test('holds a burst and no more, however long nobody came', () => {
    let now = 0;
    const take = createRateLimit({ perSecond: 10, burst: 100 }, () => now);
    expect(take('a', 100)).toBe(0);
    now = 1e9;
    expect([take('a', 101), take('a', 100), take('a', 1)]).toEqual([1, 0, 1]);
  });

  test('is not emptied by what was refused', () => {
    const take = createRateLimit({ perSecond: 10, burst: 100 }, () => 0);
    for (const cost of numbers(1_000)) take('a', 101 + cost);
    expect(take('a', 100)).toBe(0);
  });

  test('of whoever was away for longest is let go when there are 10,000 others', () => {
    const take = createRateLimit({ perSecond: 1, burst: 10 }, () => 0);
    take('a', 10);
    take('b', 10);
    for (const n of numbers(9_998)) take(`other ${n}`, 1);
    expect(take('b', 10)).toBe(10);
    take('one more', 1);
    expect(take('b', 10)).toBe(10);
    expect(take('a', 10)).toBe(0);
  });
});

describe('live subscriptions', () => {
  test('are counted by viewer, and each ends once', () => {
    const begin = createLiveLimit(2);
    const ends = [begin('a'), begin('a')];
    expect(begin('a')).toBeUndefined();
    expect(begin('b')).toBeDefined();
    ends[0]?.();
    ends[0]?.();
    expect(begin('a')).toBeDefined();
    expect(begin('a')).toBeUndefined();
  });

  /** A stream of these values, which then breaks if it is to. */
  async function* stream(values: readonly number[], breaks = false) {
    for (const value of values) yield await Promise.resolve(value);
    if (breaks) throw new Error('It broke.');
  }

  test('end with their stream', async () => {
    let ended = 0;
    const end = () => (ended += 1);
    const whole = endedStream(stream([1, 2]), end);
    expect([await whole.next(), await whole.next(), ended]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      0,
    ]);
    expect(await whole.next()).toEqual({ done: true, value: undefined });
    expect(ended).toBe(1);
  });

  test('end when it breaks', async () => {
    let ended = 0;
    const broken = endedStream(stream([], true), () => (ended += 1));
    await expect(broken.next()).rejects.toThrow('It broke.');
    expect(ended).toBe(1);
  });

  test('end when its reader leaves', async () => {
    let ended = 0;
    const left = endedStream(stream([1, 2]), () => (ended += 1));
    await left.next();
    await left.return?.();
    expect(ended).toBe(1);
    expect(await left.next()).toEqual({ done: true, value: undefined });
  });
});
