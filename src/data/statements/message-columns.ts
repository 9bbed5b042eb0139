// SQL for the columns that the statements for messages select, which are SQL each for its own reason.

import type { ChatMessageColumn } from '../rows.js';

/**
 * What a message IN_PROGRESS holds is kept beside its row until it is finished. These columns are read from there
 * then, so that everybody reads whole messages, whatever becomes of them meanwhile.
 */
const whileInProgress: Partial<Record<ChatMessageColumn, (message: string) => string>> = {
  content: (message) =>
    `(SELECT string_agg(c.delta, '' ORDER BY c.revision) FROM "ChatMessageChunk" c WHERE ${keyed('c', message)})`,
  revision: (message) => `(SELECT st.revision FROM "ChatMessageStream" st WHERE ${keyed('st', message)})`,
  updatedAt: (message) => `(SELECT st."updatedAt" FROM "ChatMessageStream" st WHERE ${keyed('st', message)})`,
};

/** Whether a stream or a chunk is that of a message. */
function keyed(alias: string, message: string): string {
  return `${alias}."sessionId" = ${message}."sessionId" AND ${alias}."messageId" = ${message}.id`;
}

/** The list of columns of an alias of "ChatMessage", as anybody is to see them. */
export function messageColumnList(alias: string, columns: readonly ChatMessageColumn[]): string {
  return columns
    .map((column) => {
      const plain = `${alias}."${column}"`;
      const current = whileInProgress[column]?.(alias);
      return current === undefined
        ? plain
        : `CASE WHEN ${alias}.status = 'in_progress' THEN ${current} ELSE ${plain} END AS "${column}"`;
    })
    .join(', ');
}
