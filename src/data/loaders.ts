import type { Database } from './database.js';
import { groupingLoader, type GroupingLoader } from './grouping-loader.js';
import type { ChatMessageColumn, ChatMessageRow, ChatSessionColumn, ChatSessionRow } from './rows.js';
import { readMessages, readSessions } from './statements/by-id.js';
import { haveMessagesBeyond, readMessageWindows, type MessageWindow } from './statements/message-windows.js';
import type { Page } from './statements/windows.js';

interface WantedWindow {
  readonly window: MessageWindow;
  readonly columns: readonly ChatMessageColumn[];
}

interface WantedSide {
  readonly side: 'before' | 'after';
  readonly sequence: number;
}

/** Loaders of one request. What they have read they keep, so they die with it. */
export interface Loaders {
  readonly sessions: GroupingLoader<readonly ChatSessionColumn[], ChatSessionRow | null>;
  readonly messages: GroupingLoader<readonly ChatMessageColumn[], ChatMessageRow | null>;
  readonly messageWindows: GroupingLoader<WantedWindow, Page<ChatMessageRow>>;
  readonly messagesBeyond: GroupingLoader<WantedSide, boolean>;
  /** Forgets what was read, because something has changed. */
  forget(): void;
}

/** @param owner whose sessions may be seen, null for all */
export function createLoaders(database: Database, owner: string | null): Loaders {
  const loaders = {
    sessions: groupingLoader((ids, columns: readonly ChatSessionColumn[]) =>
      readSessions(database, owner, ids, columns),
    ),
    messages: groupingLoader((ids, columns: readonly ChatMessageColumn[]) =>
      readMessages(database, owner, ids, columns),
    ),
    messageWindows: groupingLoader((ids, { window, columns }: WantedWindow) =>
      readMessageWindows(database, owner, ids, window, columns),
    ),
    messagesBeyond: groupingLoader((ids, { side, sequence }: WantedSide) =>
      haveMessagesBeyond(database, owner, ids, side, sequence),
    ),
  } satisfies Omit<Loaders, 'forget'>;
  return {
    ...loaders,
    forget() {
      for (const loader of Object.values(loaders)) loader.clearAll();
    },
  };
}
