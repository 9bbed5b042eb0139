import type { Queryable } from './queryable.js';
import { groupingLoader, type GroupingLoader } from './grouping-loader.js';
import type { ChatMessageColumn, ChatMessageRow, ChatSessionColumn, ChatSessionRow } from './rows.js';
import { readMessages, readSessions } from './statements/by-id.js';
import { haveMessagesBeyond, readMessageWindows, type WantedMessages } from './statements/message-windows.js';
import {
  readSessionsWithMessages,
  type JsonMessages,
  type SessionWithMessages,
} from './statements/sessions-with-messages.js';
import type { Page } from './statements/windows.js';

interface WantedSession {
  readonly columns: readonly ChatSessionColumn[];
  /** Messages that are read with it, and need not be asked for any more. */
  readonly messages: JsonMessages;
}

interface WantedSide {
  readonly side: 'before' | 'after';
  readonly sequence: number;
}

interface Made {
  sessions: GroupingLoader<readonly ChatSessionColumn[], ChatSessionRow | null>;
  sessionsWithMessages: GroupingLoader<WantedSession, ChatSessionRow | null>;
  messages: GroupingLoader<readonly ChatMessageColumn[], ChatMessageRow | null>;
  messageWindows: GroupingLoader<WantedMessages, Page<ChatMessageRow>>;
  messagesBeyond: GroupingLoader<WantedSide, boolean>;
}

/**
 * The loaders of one request, each made when it is first asked for. What they have read they keep, so they die with
 * it.
 */
export class Loaders {
  readonly #reads: Queryable;
  readonly #owner: string | null;
  #made: Partial<Made> = {};
  #read = new Map<string, Promise<unknown>>();

  /** @param owner whose sessions may be seen, null for all */
  constructor(reads: Queryable, owner: string | null) {
    this.#reads = reads;
    this.#owner = owner;
  }

  get sessions(): Made['sessions'] {
    return (this.#made.sessions ??= groupingLoader((ids, columns) =>
      readSessions(this.#reads, this.#owner, ids, columns),
    ));
  }

  get sessionsWithMessages(): Made['sessionsWithMessages'] {
    return (this.#made.sessionsWithMessages ??= groupingLoader(async (ids, wanted) => {
      const found = await readSessionsWithMessages(this.#reads, this.#owner, ids, wanted);
      return found.map((each) => each && this.keep(each, wanted.messages));
    }));
  }

  get messages(): Made['messages'] {
    return (this.#made.messages ??= groupingLoader((ids, columns) =>
      readMessages(this.#reads, this.#owner, ids, columns),
    ));
  }

  get messageWindows(): Made['messageWindows'] {
    return (this.#made.messageWindows ??= groupingLoader((ids, wanted) =>
      readMessageWindows(this.#reads, this.#owner, ids, wanted),
    ));
  }

  get messagesBeyond(): Made['messagesBeyond'] {
    return (this.#made.messagesBeyond ??= groupingLoader((ids, { side, sequence }) =>
      haveMessagesBeyond(this.#reads, this.#owner, ids, side, sequence),
    ));
  }

  /** Keeps messages that were read with their session, so that they are not read again. @returns the session */
  keep(found: SessionWithMessages, messages: WantedMessages): ChatSessionRow {
    if (found.messages) this.messageWindows.prime({ id: found.session.id, what: messages }, found.messages);
    return found.session;
  }

  /** Reads once what is asked for several times. @param key the same for what `read` gives the same for */
  once<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    let reading = this.#read.get(key);
    if (!reading) this.#read.set(key, (reading = read()));
    return reading as Promise<Result>;
  }

  /** Forgets what was read, because something has changed. */
  forget(): void {
    this.#made = {};
    this.#read = new Map();
  }
}
