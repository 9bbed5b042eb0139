// SQL for the columns that the statements for sessions select, which are SQL each for its own reason.

import type { ChatSessionColumn } from '../rows.js';
import { columnList } from '../statement.js';
import { epoch } from './epoch.js';

/** SQL for columns of a session from a table alias. What an outer query selects again is computed there. */
export function sessionColumnList(alias: string, columns: readonly ChatSessionColumn[]): string {
  const stored = columns.filter((column) => column !== 'epoch');
  const list = columnList(alias, stored);
  return stored.length === columns.length ? list : `${list}, ${epoch} AS epoch`;
}
