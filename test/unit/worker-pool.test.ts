import { expect, test } from '@jest/globals';
import { pauseAfter } from '../../src/cli/serve/worker-pool.js';

test('workers that end soon after their start are replaced after ever longer pauses, up to 10 s', () => {
  const pauses: number[] = [];
  for (let count = 0; count < 10; count += 1) pauses.push(pauseAfter(pauses.at(-1), 9_999));
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
});

test('one that has listened for 10 s is replaced as the first one was', () => {
  expect(pauseAfter(10_000, 10_000)).toBe(100);
});
