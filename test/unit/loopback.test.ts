import { expect, test } from '@jest/globals';
import { isLoopback } from '../../src/loopback.js';

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['127.0.0.1.nip.io', false],
  ['localhost.example.com', false],
  ['10.127.0.0', false],
  ['::', false],
  ['', false],
])('isLoopback(%j) is %j', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
