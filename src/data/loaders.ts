import type { Database } from './database.js';
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

/** Loaders of one request. What they have read they keep, so they die with it. */
export interface Loaders {
  readonly sessions: GroupingLoader<readonly ChatSessionColumn[], ChatSessionRow | null>;
  readonly sessionsWithMessages: GroupingLoader<WantedSession, ChatSessionRow | null>;
  readonly messages: GroupingLoader<readonly ChatMessageColumn[], ChatMessageRow | null>;
  readonly messageWindows: GroupingLoader<WantedMessages, Page<ChatMessageRow>>;
  readonly messagesBeyond: GroupingLoader<WantedSide, boolean>;
  /** Keeps messages that were read with their session, so that they are not read again. @returns the session */
  keep(found: SessionWithMessages, messages: WantedMessages): ChatSessionRow;
  /** Forgets what was read, because something has changed. */
  forget(): void;
}

/** @param owner whose sessions may be seen, null for all */
export function createLoaders(database: Database, owner: string | null): Loaders {
  const keep: Loaders['keep'] = (found, messages) => {
    loaders.messageWindows.prime({ id: found.session.id, what: messages }, found.messages);
    return found.session;
  };
  const loaders: Omit<Loaders, 'keep' | 'forget'> = {
    sessions: groupingLoader((ids, columns: readonly ChatSessionColumn[]) =>
      readSessions(database, owner, ids, columns),
    ),
    sessionsWithMessages: groupingLoader(async (ids, wanted: WantedSession) => {
      const found = await readSessionsWithMessages(database, owner, ids, wanted);
      return found.map((each) => each && keep(each, wanted.messages));
    }),
    messages: groupingLoader((ids, columns: readonly ChatMessageColumn[]) =>
      readMessages(database, owner, ids, columns),
    ),
    messageWindows: groupingLoader((ids, wanted: WantedMessages) =>
      readMessageWindows(database, owner, ids, wanted),
    ),
    messagesBeyond: groupingLoader((ids, { side, sequence }: WantedSide) =>
      haveMessagesBeyond(database, owner, ids, side, sequence),
    ),
  };
  return {
    ...loaders,
    keep,
    forget() {
      for (const loader of Object.values(loaders)) loader.clearAll();
    },
  };
}
