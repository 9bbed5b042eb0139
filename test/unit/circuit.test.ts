import { expect, test } from '@jest/globals';
import { createCircuit } from '../../src/data/circuit.js';

function setUp() {
  let time = 0;
  const told: string[] = [];
  const circuit = createCircuit({
    onOpen: (reason) => told.push(`down: ${String(reason)}`),
    onClose: () => told.push('back'),
    failures: 3,
    pause: 1_000,
    now: () => time,
  });
  const fail = (...reasons: string[]) => {
    for (const reason of reasons) circuit.failed(reason);
  };
  const wait = (milliseconds: number) => {
    time += milliseconds;
  };
  const admitted = (times: number) => Array.from({ length: times }, () => circuit.admits());
  return { circuit, told, fail, wait, admitted };
}

test('a circuit admits everything until there were so many failures in a row', () => {
  const { circuit, told, fail, admitted } = setUp();
  fail('a', 'b');
  circuit.answered();
  fail('c', 'd');
  expect(admitted(3)).toEqual([true, true, true]);
  expect(told).toEqual([]);
  fail('e');
  expect(admitted(2)).toEqual([false, false]);
  expect(told).toEqual(['down: e']);
});

test('it admits one probe in each pause, whatever comes of it, and tells its states once', () => {
  const { circuit, told, fail, wait, admitted } = setUp();
  fail('a', 'b', 'c', 'd');
  for (const outcome of ['failed', 'never heard of again']) {
    wait(999);
    expect(admitted(2)).toEqual([false, false]);
    wait(1);
    expect(admitted(2)).toEqual([true, false]);
    if (outcome === 'failed') fail('e');
  }
  expect(told).toEqual(['down: c']);
  circuit.answered();
  circuit.answered();
  expect(admitted(2)).toEqual([true, true]);
  expect(told).toEqual(['down: c', 'back']);
  fail('f', 'g', 'h');
  expect(admitted(1)).toEqual([false]);
  expect(told).toEqual(['down: c', 'back', 'down: h']);
});
