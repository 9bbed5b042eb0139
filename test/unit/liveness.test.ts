import { expect, test } from '@jest/globals';
import { createLiveness, type Signs } from '../../src/http/websocket/liveness.js';

/** At which look a client is given up that shows these signs, and then the last of them again and again. */
function givenUpAt(signs: readonly Partial<Signs>[]): number | null {
  const isAlive = createLiveness();
  for (let look = 0; look < 20; look += 1) {
    const shown = signs[Math.min(look, signs.length - 1)];
    if (!isAlive({ heard: false, unsent: 0, sent: 0, ...shown })) return look;
  }
  return null;
}

const heard = { heard: true };

test.each([
  ['answers each time', [heard], null],
  ['never answers', [{}], 1],
  ['answers no more', [heard, heard, {}], 3],
  ['answers every other time', [heard, {}, heard, {}, heard, {}, heard], null],
  ['takes nothing of what waits for it', [heard, { unsent: 9, sent: 5 }], 6],
  [
    'takes a little of it each time',
    Array.from({ length: 20 }, (_, look) => ({ unsent: 9, sent: look })),
    null,
  ],
  ['has taken all and does not answer', [heard, { unsent: 9, sent: 5 }, { sent: 14 }], 3],
])('a client that %s', (_how, signs, look) => {
  expect(givenUpAt(signs)).toBe(look);
});
