import { z } from 'zod';
import { InvalidInputError } from '../errors.js';
import type { SessionPosition } from '../data/statements/session-list.js';
import { uuid } from './input.js';

/** Turns positions of a list into text for callers to keep, and back. */
export interface CursorFormat<Position> {
  encode(position: Position): string;
  /**
   * @returns null when there is no cursor, or an empty one, which stands for the end that the argument counts from
   * @throws InvalidInputError when the text is not a cursor of this kind of list
   */
  decode(cursor: string | null | undefined, argument: string): Position | null;
}

/** Milliseconds since 1970. */
const time = z
  .int()
  .min(0)
  .max(Date.UTC(9999, 11, 31));

/** Cursors of messages: their sequence. They hold whether or not the message is still there. */
export const messageCursor = cursorFormat<number, [number]>(
  'm',
  z.tuple([z.int().min(0).max(2_147_483_647)]),
  (sequence) => [sequence],
  ([sequence]) => sequence,
);

/** Cursors of sessions: their place in the list, not their row, so that they survive its deletion. */
export const sessionCursor = cursorFormat<SessionPosition, [number, string]>(
  's',
  z.tuple([time, uuid]),
  ({ updatedAt, id }) => [Date.parse(updatedAt), id],
  ([time, id]) => ({ updatedAt: new Date(time).toISOString(), id }),
);

/** Cursors of the moves of a user's list: their time. */
export const listMoveCursor = cursorFormat<Date, [number]>(
  'u',
  z.tuple([time]),
  (moved) => [moved.getTime()],
  ([moved]) => new Date(moved),
);

/** A cursor is base64url of a letter for the kind of list and the JSON of the place. Callers need not know. */
function cursorFormat<Position, Parts>(
  letter: string,
  parts: z.ZodType<Parts>,
  toParts: (position: Position) => Parts,
  fromParts: (parts: Parts) => Position,
): CursorFormat<Position> {
  return {
    encode: (position) => Buffer.from(letter + JSON.stringify(toParts(position))).toString('base64url'),
    decode(cursor, argument) {
      if (cursor == null || cursor === '') return null;
      const text = Buffer.from(cursor, 'base64url').toString();
      const result = parts.safeParse(text.startsWith(letter) ? parseJson(text.slice(1)) : undefined);
      if (!result.success) throw new InvalidInputError('Not a cursor of this list.', [argument]);
      return fromParts(result.data);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
