import type { ChatMessageColumn, ChatMessageRow, ChatSessionColumn, ChatSessionRow } from '../data/rows.js';
import type { JsonField } from '../data/statements/message-json.js';
import type { WantedMessages } from '../data/statements/message-windows.js';
import {
  countSessions,
  hasSessionsBeyond,
  readSessionList,
  type WantedSessions,
} from '../data/statements/session-list.js';
import { readSessionListWithMessages, type JsonMessages } from '../data/statements/sessions-with-messages.js';
import type { Page, Window } from '../data/statements/windows.js';
import { messageCursor, sessionCursor } from './cursor.js';
import type { Ledger } from './ledger.js';
import { defaultMessagePage, defaultSessionPage } from './limits.js';
import { actingUser } from './owner.js';
import { toWindow, type WindowArguments } from './window.js';

/** Where a page stands in its list. */
export interface PageSides {
  hasNextPage(): Promise<boolean>;
  hasPreviousPage(): Promise<boolean>;
  /** Cursors of the first and the last row; null when the page is empty. */
  startCursor(): Promise<string | null>;
  endCursor(): Promise<string | null>;
}

/** A window of an ordered list. Nothing is read before it is asked for, and nothing twice. */
export interface List<Row> extends PageSides {
  page(): Promise<Page<Row>>;
  totalCount(): Promise<number>;
  cursorOf(row: Row): string;
}

/** What is asked for of a list, besides its arguments. */
export interface ListSelection<Column> {
  readonly columns: readonly Column[];
  /** Whether its sides are: where the page stands in it. */
  readonly needsPageInfo: boolean;
}

export interface MessageSelection extends ListSelection<ChatMessageColumn> {
  /** How each message stands in the answer, if nothing else is asked for than what can be had as JSON. */
  readonly json?: readonly JsonField[] | undefined;
}

/**
 * The window of messages that arguments mean; without any the newest 100. It has no `peek`.
 *
 * @throws InvalidInputError naming the argument
 */
export function messageWindow(windowArguments: WindowArguments): Window<number> {
  return toWindow(windowArguments, messageCursor, { size: defaultMessagePage, from: 'end', peek: false });
}

/**
 * The messages of a session, in order of sequence.
 *
 * @param session with at least `id`, and `messageCount` if the total is asked for
 */
export function listMessages(
  { loaders }: Ledger,
  session: ChatSessionRow,
  wanted: WantedMessages,
): List<ChatMessageRow> {
  const { window } = wanted;
  const cursorOf = (message: ChatMessageRow) => messageCursor.encode(message.sequence);
  const page = () => loaders.messageWindows.load({ id: session.id, what: wanted });
  return {
    page,
    totalCount: () => Promise.resolve(session.messageCount),
    cursorOf,
    ...pageSides(window, {
      page,
      cursorOf,
      hasBeyond: (side, sequence) =>
        loaders.messagesBeyond.load({ id: session.id, what: { side, sequence } }),
      hasSkipped: () => Promise.resolve(false),
    }),
  };
}

/**
 * The sessions of a user, most recent first. Without arguments the newest 50.
 *
 * @param asked columns: at least `id` and `updatedAt`
 * @param messages what to read of the messages of each, with them
 * @throws InvalidInputError, ForbiddenError
 */
export function listSessions(
  ledger: Ledger,
  { userId, ...windowArguments }: WindowArguments & { readonly userId?: string | null | undefined },
  { columns, needsPageInfo }: ListSelection<ChatSessionColumn>,
  messages?: JsonMessages,
): List<ChatSessionRow> {
  const user = actingUser(ledger, userId, ['userId']);
  const defaults = { size: defaultSessionPage, from: 'start', peek: needsPageInfo } as const;
  const window = toWindow(windowArguments, sessionCursor, defaults);
  const { reads } = ledger;
  let reading: Promise<Page<ChatSessionRow>> | undefined;
  const page = () => (reading ??= readPage(ledger, user, { window, columns }, messages));
  const cursorOf = (session: ChatSessionRow) => sessionCursor.encode(session);
  return {
    page,
    totalCount: () => countSessions(reads, user),
    cursorOf,
    ...pageSides(window, {
      page,
      cursorOf,
      hasBeyond: (side, position) => hasSessionsBeyond(reads, user, side, position),
      async hasSkipped() {
        if ((await page()).rows.length > 0) return true;
        const start = { ...window, limit: 1, offset: 0 };
        const first = await readSessionList(reads, user, { window: start, columns: ['id', 'updatedAt'] });
        return first.rows.length > 0;
      },
    }),
  };
}

async function readPage(
  { reads, loaders }: Ledger,
  userId: string,
  sessions: WantedSessions,
  messages: JsonMessages | undefined,
): Promise<Page<ChatSessionRow>> {
  if (!messages) return readSessionList(reads, userId, sessions);
  const { rows, more } = await readSessionListWithMessages(reads, userId, { sessions, messages });
  return { rows: rows.map((found) => loaders.keep(found, messages)), more };
}

interface WindowReader<Position, Row> {
  page(): Promise<Page<Row>>;
  cursorOf(row: Row): string;
  /** Whether the list has rows at a cursor or further out. */
  hasBeyond(side: 'before' | 'after', position: Position): Promise<boolean>;
  /** Whether the offset leaves out any rows: the window may be empty before it is taken. */
  hasSkipped(): Promise<boolean>;
}

/**
 * Whether the list goes on at either side of a page. At the far side the page itself has seen it. At the near side
 * the list ends when no cursor was given there; with a cursor the database is asked.
 */
function pageSides<Position, Row>(
  { from, after, before, offset }: Window<Position>,
  reader: WindowReader<Position, Row>,
): PageSides {
  const cursorAt = async (place: number) => {
    const row = (await reader.page()).rows.at(place);
    return row === undefined ? null : reader.cursorOf(row);
  };
  return {
    async hasNextPage() {
      if (from === 'start' && (await reader.page()).more) return true;
      return before === null ? false : reader.hasBeyond('after', before);
    },
    async hasPreviousPage() {
      if (from === 'end' && (await reader.page()).more) return true;
      if (offset > 0 && (await reader.hasSkipped())) return true;
      return after === null ? false : reader.hasBeyond('before', after);
    },
    startCursor: () => cursorAt(0),
    endCursor: () => cursorAt(-1),
  };
}
