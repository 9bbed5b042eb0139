import { describe, expect, test } from '@jest/globals';
import { InvalidInputError } from '../../src/errors.js';
import { messageCursor, sessionCursor } from '../../src/ledger/cursor.js';
import { toWindow, type WindowArguments } from '../../src/ledger/window.js';

const fromStart = { size: 50, from: 'start', peek: true } as const;
const fromEnd = { size: 100, from: 'end', peek: true } as const;
const five = messageCursor.encode(5);
const nine = messageCursor.encode(9);

describe('a window', () => {
  const none = { peek: true, offset: 0, after: null, before: null };
  test.each<[WindowArguments, typeof fromStart | typeof fromEnd, object]>([
    [{}, fromStart, { ...none, from: 'start', limit: 50 }],
    [{}, fromEnd, { ...none, from: 'end', limit: 100 }],
    [
      { first: null, last: null, after: null, before: null, offset: null },
      fromEnd,
      { ...none, from: 'end', limit: 100 },
    ],
    [{ first: 3 }, fromEnd, { ...none, from: 'start', limit: 3 }],
    [{ last: 3 }, fromStart, { ...none, from: 'end', limit: 3 }],
    [{ first: 0 }, fromEnd, { ...none, from: 'start', limit: 0 }],
    [{ last: 1_000 }, fromStart, { ...none, from: 'end', limit: 1_000 }],
    [{ after: five }, fromEnd, { ...none, from: 'start', limit: 100, after: 5 }],
    [{ before: five }, fromStart, { ...none, from: 'end', limit: 50, before: 5 }],
    [{ after: five, before: nine }, fromEnd, { ...none, from: 'start', limit: 100, after: 5, before: 9 }],
    [{ last: 2, after: five }, fromStart, { ...none, from: 'end', limit: 2, after: 5 }],
    [{ first: 2, before: five }, fromEnd, { ...none, from: 'start', limit: 2, before: 5 }],
    [{ first: 2, offset: 10_000 }, fromStart, { ...none, from: 'start', limit: 2, offset: 10_000 }],
    [{ offset: 7 }, fromStart, { ...none, from: 'start', limit: 50, offset: 7 }],
    [{ after: '' }, fromEnd, { ...none, from: 'start', limit: 100 }],
    [{ before: '' }, fromStart, { ...none, from: 'end', limit: 50 }],
    [{ first: 3, after: '' }, fromEnd, { ...none, from: 'start', limit: 3 }],
    [{ last: 3, before: '' }, fromStart, { ...none, from: 'end', limit: 3 }],
    [{ last: 3, after: '' }, fromStart, { ...none, from: 'end', limit: 3 }],
    [{ first: 3, before: '', after: five }, fromEnd, { ...none, from: 'start', limit: 3, after: 5 }],
    [{ last: 2, offset: 0 }, fromStart, { ...none, from: 'end', limit: 2 }],
  ])('of %j with %j', (given, defaults, window) => {
    expect(toWindow(given, messageCursor, defaults)).toEqual(window);
  });

  test.each<[WindowArguments, string]>([
    [{ first: 1, last: 1 }, 'last'],
    [{ first: 0, last: 0 }, 'last'],
    [{ first: -1 }, 'first'],
    [{ first: 1_001 }, 'first'],
    [{ first: Number.NaN }, 'first'],
    [{ first: 1.5 }, 'first'],
    [{ last: -1 }, 'last'],
    [{ last: 1_001 }, 'last'],
    [{ first: 1, offset: -1 }, 'offset'],
    [{ first: 1, offset: 10_001 }, 'offset'],
    [{ last: 1, offset: 1 }, 'offset'],
    [{ before: five, offset: 1 }, 'offset'],
    [{ after: ' ' }, 'after'],
    [{ before: 'x' }, 'before'],
    [
      {
        after: sessionCursor.encode({
          updatedAt: new Date(0).toISOString(),
          id: '018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d',
        }),
      },
      'after',
    ],
  ])('is refused by the argument: %j', (given, argument) => {
    expect.assertions(2);
    try {
      toWindow(given, messageCursor, fromStart);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as InvalidInputError).inputPath).toEqual([argument]);
    }
  });
});

describe('a cursor', () => {
  test.each([0, 1, 1_000_000_000, 2_147_483_647])('holds the sequence %d', (sequence) => {
    const cursor = messageCursor.encode(sequence);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(messageCursor.decode(cursor, 'after')).toBe(sequence);
  });

  test.each(['1970-01-01T00:00:00.000Z', '2023-11-14T22:13:20.123Z', '9999-01-01T00:00:00.000Z'])(
    'holds the time %j and the id',
    (updatedAt) => {
      const position = { updatedAt, id: '018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d' };
      const cursor = sessionCursor.encode(position);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(sessionCursor.decode(cursor, 'after')).toEqual(position);
    },
  );

  const text = (plain: string) => Buffer.from(plain).toString('base64url');
  test.each([
    ' ',
    '\0',
    '5',
    text('5'),
    text('m'),
    text('m5'),
    text('m[]'),
    text('m[5,6]'),
    text('m[null]'),
    text('m[1e400]'),
    text('m[2147483648]'),
    text('m[0.5]'),
    text('m{"0":5,"length":1}'),
    text('M[5]'),
    text(' m[5]'),
    text('m[5'),
    text(`m${'['.repeat(100_000)}`),
    'x'.repeat(1_000_000),
  ])('that was not given out is refused: %#', (cursor) => {
    for (const format of [messageCursor, sessionCursor]) {
      expect(() => format.decode(cursor, 'before')).toThrow(
        new InvalidInputError('Not a cursor of this list.', ['before']),
      );
    }
  });
});
