// SQL, not Prisma: it merges, adds and compares in the database, under the lock of the row. Prisma can add, but not merge,
// sends five statements, and costs the server 6 times the CPU time.

import type { Queryable } from '../queryable.js';
import type { StoredCredentials } from '../row-values.js';
import {
  sessionMaps,
  tokenCounters,
  type ChatSessionColumn,
  type ChatSessionRow,
  type SessionMap,
  type TokenCounter,
} from '../rows.js';
import { statement } from '../statement.js';
import { visible } from '../visibility.js';
import { moveInList } from './list-moves.js';
import { sessionColumnList } from './session-columns.js';

/** What an update does, column by column. What is not named stays. */
export interface SessionChanges {
  readonly title?: { readonly value: string | null; readonly onlyIfUntitled: boolean };
  readonly maps: Partial<Record<SessionMap, { readonly how: 'replace' | 'merge'; readonly value: object }>>;
  readonly counters: Partial<Record<TokenCounter, { readonly how: 'set' | 'add'; readonly tokens: number }>>;
  /** The database can't read them: the new ones were made elsewhere, from what must be stored still. */
  readonly credentials?: { readonly from: StoredCredentials; readonly to: StoredCredentials };
}

/** How much a column may hold after a merge or an addition; what is set outright was checked before. */
export interface SessionCapacity {
  /** Bytes of a map, as the database writes it. */
  readonly mapBytes: number;
  readonly tokens: number;
}

export type OverfullColumn = SessionMap | TokenCounter;

/**
 * Why nothing was changed: a column would have grown beyond its capacity, or the credentials from which new ones were
 * made are not the newest any more.
 */
export type UpdateRefusal = OverfullColumn | 'overtaken';

/** A session after an update. */
export type UpdatedSession = ChatSessionRow & {
  /** Null when the session is as the update wants it. */
  readonly refusal: UpdateRefusal | null;
  /** The newest ones, when the update was overtaken. */
  readonly storedCredentials?: StoredCredentials | null;
};

/** A column, and the expression of its new value over the old row `s`. */
interface Assignment {
  readonly column: ChatSessionColumn;
  readonly expression: string;
  /** A condition under which nothing is changed, over the old row `n` and the new value; and what to say then. */
  readonly refused?: { readonly when: (value: string) => string; readonly as: UpdateRefusal };
}

/**
 * Changes a session in one statement, merging and adding in the database.
 *
 * An update that leaves everything as it was is no change: revision and time stay, so that watchers are not told
 * twice when one that sets values is retried.
 *
 * @returns null when there is no such session for the owner
 */
export async function updateSession(
  database: Queryable,
  owner: string | null,
  id: string,
  changes: SessionChanges,
  capacity: SessionCapacity,
  columns: readonly ChatSessionColumn[],
): Promise<UpdatedSession | null> {
  const values: unknown[] = [id, owner];
  const assignments = assignmentsFor(changes, capacity, (value) => `$${values.push(value)}`);
  const rows = await database.query<UpdatedSession>(updateStatement(assignments, columns), values);
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
  if (changes.credentials) {
    const from = `${bind(JSON.stringify(changes.credentials.from))}::jsonb`;
    const to = `${bind(JSON.stringify(changes.credentials.to))}::jsonb`;
    const when = () => `n.credentials <> ${from}`;
    assignments.push({ column: 'credentials', expression: to, refused: { when, as: 'overtaken' } });
  }
  for (const column of sessionMaps) {
    const change = changes.maps[column];
    if (!change) continue;
    const value = `${bind(JSON.stringify(change.value))}::jsonb`;
    if (change.how === 'replace') assignments.push({ column, expression: value });
    else {
      const most = `${bind(capacity.mapBytes)}::int`;
      const expression = merged(`s."${column}"`, value, Object.values(change.value).includes(null));
      const when = (map: string) => `octet_length(${map}::text) > ${most}`;
      assignments.push({ column, expression, refused: { when, as: column } });
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
      const when = (sum: string) => `${sum} > ${most}`;
      assignments.push({ column, expression, refused: { when, as: column } });
    }
  }
  return assignments;
}

/**
 * Sets the top-level keys of `value`, and takes out those whose value there is null. `jsonb - text[]` would do that too,
 * and compares each key with each: the largest maps would take seconds.
 */
function merged(current: string, value: string, removes: boolean): string {
  if (!removes) return `${current} || ${value}`;
  return `(SELECT COALESCE(jsonb_object_agg(entry.key, entry.value), '{}')
    FROM jsonb_each(${current} || ${value}) entry
    WHERE entry.value <> 'null' OR NOT jsonb_exists(${value}, entry.key))`;
}

function updateStatement(assignments: readonly Assignment[], columns: readonly ChatSessionColumn[]) {
  const list = (item: (assignment: Assignment) => string, separator = ', '): string =>
    assignments.map(item).join(separator);
  const refusals = assignments.flatMap(({ column, refused }) =>
    refused ? [`WHEN ${refused.when(`n."new ${column}"`)} THEN '${refused.as}'`] : [],
  );
  // Whoever was overtaken gets the newest ones, to try again with. Nothing was written, so its commit need not wait for
  // the disk. With that wait it would come late to each try, behind the next one of those who were faster.
  const changesCredentials = assignments.some(({ column }) => column === 'credentials');
  const newest = (value: string) => (changesCredentials ? `, ${value} AS "storedCredentials"` : '');
  const overtaken = `CASE WHEN s.refusal = 'overtaken' AND set_config('synchronous_commit', 'off', TRUE) = 'off'
         THEN s.credentials END`;
  // The reading takes the row lock, so that new values are made from the newest ones.
  return statement(
    'update_session',
    `WITH old AS (
       SELECT n.*, ${refusals.length === 0 ? 'NULL' : `CASE ${refusals.join(' ')} END`} AS refusal
       FROM (
         SELECT s.*, ${list(({ column, expression }) => `${expression} AS "new ${column}"`)}
         FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')} FOR UPDATE
       ) n
     ), changed AS (
       UPDATE "ChatSession" s SET
         ${list(({ column }) => `"${column}" = old."new ${column}"`)},
         revision = old.revision + 1,
         "ownRevision" = old.revision + 1,
         "updatedAt" = GREATEST(old."updatedAt", statement_timestamp()),
         ${moveInList}
       FROM old
       WHERE s.id = old.id AND old.refusal IS NULL
         AND (${list(({ column }) => `old."${column}" IS DISTINCT FROM old."new ${column}"`, ' OR ')})
       RETURNING s.*
     )
     SELECT ${sessionColumnList('s', columns)}, NULL AS refusal${newest('NULL::jsonb')} FROM changed s
     UNION ALL
     SELECT ${sessionColumnList('s', columns)}, s.refusal${newest(overtaken)} FROM old s WHERE NOT EXISTS (SELECT FROM changed)`,
  );
}
