import type { Database } from '../database.js';
import {
  sessionMaps,
  tokenCounters,
  type ChatSessionColumn,
  type ChatSessionRow,
  type SessionMap,
  type TokenCounter,
} from '../rows.js';
import { columnList, statement, visible } from '../statement.js';

/** What an update does, column by column. What is not named stays. */
export interface SessionChanges {
  readonly title?: { readonly value: string | null; readonly onlyIfUntitled: boolean };
  readonly maps: Partial<Record<SessionMap, { readonly how: 'replace' | 'merge'; readonly value: object }>>;
  readonly counters: Partial<Record<TokenCounter, { readonly how: 'set' | 'add'; readonly tokens: number }>>;
}

/** A column and the expression of its new value, over the old row `s`. */
interface Assignment {
  readonly column: ChatSessionColumn;
  readonly expression: string;
}

/**
 * Changes a session in one statement, merging and adding in the database.
 *
 * An update that leaves everything as it was is no change: revision and time stay, so that watchers are not told
 * twice when one that sets values is retried.
 *
 * @returns the session afterwards; null when it does not exist for the owner
 * @throws DatabaseError of kind `range` when a counter grows beyond 2,147,483,647
 */
export async function updateSession(
  database: Database,
  owner: string | null,
  id: string,
  changes: SessionChanges,
  columns: readonly ChatSessionColumn[],
): Promise<ChatSessionRow | null> {
  const values: unknown[] = [id, owner];
  const assignments = assignmentsFor(changes, (value) => `$${values.push(value)}`);
  const rows = await database.query<ChatSessionRow>(updateStatement(assignments, columns), values);
  return rows[0] ?? null;
}

function assignmentsFor(changes: SessionChanges, bind: (value: unknown) => string): Assignment[] {
  const assignments: Assignment[] = [];
  if (changes.title) {
    const title = `${bind(changes.title.value)}::text`;
    assignments.push({
      column: 'title',
      expression: changes.title.onlyIfUntitled ? `COALESCE(s.title, ${title})` : title,
    });
  }
  for (const column of sessionMaps) {
    const change = changes.maps[column];
    if (!change) continue;
    const value = `${bind(JSON.stringify(change.value))}::jsonb`;
    assignments.push({
      column,
      expression: change.how === 'replace' ? value : merged(`s."${column}"`, value),
    });
  }
  for (const column of tokenCounters) {
    const change = changes.counters[column];
    if (!change) continue;
    const tokens = `${bind(change.tokens)}::int`;
    assignments.push({ column, expression: change.how === 'set' ? tokens : `s."${column}" + ${tokens}` });
  }
  return assignments;
}

/** Sets the top-level keys of `value`, and takes out those whose value there is null. */
function merged(current: string, value: string): string {
  return `(${current} || ${value}) - ARRAY(SELECT key FROM jsonb_each(${value}) entry WHERE entry.value = 'null')`;
}

function updateStatement(assignments: readonly Assignment[], columns: readonly ChatSessionColumn[]) {
  const list = (item: (assignment: Assignment) => string, separator = ', '): string =>
    assignments.map(item).join(separator);
  // The reading takes the row lock, so that new values are made from the newest ones.
  return statement(
    'update_session',
    `WITH old AS (
       SELECT s.*, ${list(({ column, expression }) => `${expression} AS "new ${column}"`)}
       FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
     ), changed AS (
       UPDATE "ChatSession" s SET
         ${list(({ column }) => `"${column}" = old."new ${column}"`)},
         revision = old.revision + 1,
         "updatedAt" = GREATEST(old."updatedAt", clock_timestamp())
       FROM old
       WHERE s.id = old.id AND (${list(({ column }) => `old."${column}" IS DISTINCT FROM old."new ${column}"`, ' OR ')})
       RETURNING s.*
     )
     SELECT ${columnList('s', columns)} FROM changed s
     UNION ALL
     SELECT ${columnList('s', columns)} FROM old s WHERE NOT EXISTS (SELECT FROM changed)`,
  );
}
