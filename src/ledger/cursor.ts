import { z } from 'zod';
import { InvalidInputError } from '../errors.js';
import type { SessionPosition } from '../data/statements/session-list.js';
import type { ListPosition } from './feed/list-position.js';
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

/** Ids of open transactions that a cursor has room for. */
const openIds = 100;

const transaction = z.int().min(0);

/**
 * Cursors of the moves of a user's list: what was told, and when that was. When more transactions are open than there
 * is room for, what came after the first of them is told again. A cursor of a version before was a time.
 */
export const listMoveCursor = cursorFormat<
  (ListPosition & { readonly time: number }) | 'outdated',
  [string, number, number, number[]] | [number]
>(
  'u',
  z.union([
    z.tuple([z.string().max(32), time, transaction, z.array(transaction).max(openIds)]),
    z.tuple([time]),
  ]),
  (position) => {
    if (position === 'outdated') return [0];
    const { epoch, told, time } = position;
    const { next, open } = told.open.length > openIds ? { next: told.open[0] ?? 0, open: [] } : told;
    return [epoch, time, next, [...open]];
  },
  (parts) => {
    if (parts.length === 1) return 'outdated';
    const [epoch, time, next, open] = parts;
    return { epoch, time, told: { next, open } };
  },
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
