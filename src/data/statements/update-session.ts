import type { Queryable } from '../database.js';
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

/** How much a column may hold after a merge or an addition; what is set outright was checked before. */
export interface SessionCapacity {
  /** Bytes of a map, as the database writes it. */
  readonly mapBytes: number;
  readonly tokens: number;
}

export type OverfullColumn = SessionMap | TokenCounter;

/** A column, the expression of its new value over the old row `s`, and what must not hold of that value. */
interface Assignment {
  readonly column: ChatSessionColumn;
  readonly expression: string;
  readonly overfull?: (value: string) => string;
}

/**
 * Changes a session in one statement, merging and adding in the database.
 *
 * An update that leaves everything as it was is no change: revision and time stay, so that watchers are not told
 * twice when one that sets values is retried.
 *
 * @returns the session afterwards, with the column that would have grown beyond its capacity, for which nothing was
 *   changed then; null when there is no such session for the owner
 */
export async function updateSession(
  database: Queryable,
  owner: string | null,
  id: string,
  changes: SessionChanges,
  capacity: SessionCapacity,
  columns: readonly ChatSessionColumn[],
): Promise<(ChatSessionRow & { readonly overfull: OverfullColumn | null }) | null> {
  const values: unknown[] = [id, owner];
  const assignments = assignmentsFor(changes, capacity, (value) => `$${values.push(value)}`);
  const rows = await database.query<ChatSessionRow & { overfull: OverfullColumn | null }>(
    updateStatement(assignments, columns),
    values,
  );
  return rows[0] ?? null;
}

function assignmentsFor(
  changes: SessionChanges,
  capacity: SessionCapacity,
  bind: (value: unknown) => string,
): Assignment[] {
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
    if (change.how === 'replace') assignments.push({ column, expression: value });
    else {
      const most = `${bind(capacity.mapBytes)}::int`;
      const expression = merged(`s."${column}"`, value);
      assignments.push({ column, expression, overfull: (map) => `octet_length(${map}::text) > ${most}` });
    }
  }
  for (const column of tokenCounters) {
    const change = changes.counters[column];
    if (!change) continue;
    const tokens = `${bind(change.tokens)}::int`;
    if (change.how === 'set') assignments.push({ column, expression: tokens });
    else {
      const most = `${bind(capacity.tokens)}::bigint`;
      const expression = `s."${column}"::bigint + ${tokens}`;
      assignments.push({ column, expression, overfull: (sum) => `${sum} > ${most}` });
    }
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
  const overfull = assignments.flatMap(({ column, overfull: isOverfull }) =>
    isOverfull ? [`WHEN ${isOverfull(`n."new ${column}"`)} THEN '${column}'`] : [],
  );
  // The reading takes the row lock, so that new values are made from the newest ones.
  return statement(
    'update_session',
    `WITH old AS (
       SELECT n.*, ${overfull.length === 0 ? 'NULL' : `CASE ${overfull.join(' ')} END`} AS overfull
       FROM (
         SELECT s.*, ${list(({ column, expression }) => `${expression} AS "new ${column}"`)}
         FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
       ) n
     ), changed AS (
       UPDATE "ChatSession" s SET
         ${list(({ column }) => `"${column}" = old."new ${column}"`)},
         revision = old.revision + 1,
         "ownRevision" = old.revision + 1,
         "updatedAt" = GREATEST(old."updatedAt", clock_timestamp())
       FROM old
       WHERE s.id = old.id AND old.overfull IS NULL
         AND (${list(({ column }) => `old."${column}" IS DISTINCT FROM old."new ${column}"`, ' OR ')})
       RETURNING s.*
     )
     SELECT ${columnList('s', columns)}, NULL AS overfull FROM changed s
     UNION ALL
     SELECT ${columnList('s', columns)}, s.overfull FROM old s WHERE NOT EXISTS (SELECT FROM changed)`,
  );
}
