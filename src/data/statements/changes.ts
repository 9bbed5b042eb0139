// SQL, not Prisma: a watcher gets the changes of one moment, so one statement reads them. Prisma needs a transaction of five, and
// costs the server 6 times the CPU time.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { limit, statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { epoch } from './epoch.js';

/** Something that happened to a session, as its tables tell it. */
export type StoredChange = { readonly at: number } & (
  | { readonly what: 'appended' | 'changed'; readonly message: ChatMessageRow }
  /** A message changed that is appended in the same stretch: it stands there as it is after this. */
  | { readonly what: 'folded'; readonly messageId: string }
  | { readonly what: 'grew'; readonly messageId: string; readonly offset: number; readonly delta: string }
  /** Its own fields changed; or it came back after it had been deleted at that revision. */
  | { readonly what: 'updated' | 'returned' }
);

/** The next stretch of a session's changes. */
export interface StoredChanges {
  /** Revision of the session when it was read. */
  readonly revision: number;
  /** That of the database. */
  readonly epoch: string;
  /** All changes up to this revision are in the list; null when there are no others. */
  readonly end: number | null;
  /** In order of revision; of those that share one, appended messages come last. */
  readonly changes: readonly StoredChange[];
}

/** How much is read at once. What shares a revision is never cut apart, and the first revision always comes. */
export interface Stretch {
  readonly after: number;
  /** Revisions at most. */
  readonly revisions: number;
  /** Bytes of messages at most, about. */
  readonly bytes: number;
}

/** Rows that each kind of change may have before the reading breaks off: more than a batch, which shares a revision. */
const maxRows = 600;

// A message that is being written has its text in chunks: what was there when it came into the session is one, and
// the others are changes of their own.
const asAppended: Partial<Record<ChatMessageColumn, string>> = {
  content: `CASE WHEN m.status = 'in_progress' THEN (
      SELECT c.delta FROM "ChatMessageChunk" c
      WHERE c."sessionId" = m."sessionId" AND c."messageId" = m.id AND c.revision = m."appendedRevision"
    ) ELSE m.content END AS content`,
};

function columnsAsAppended(columns: readonly ChatMessageColumn[]): string {
  return columns.map((column) => asAppended[column] ?? `m."${column}"`).join(', ');
}

/** About how many bytes a message makes; counted without reading what is stored apart from its row. */
const size = `COALESCE(octet_length(m.content), 0) + COALESCE(octet_length(m.refusal), 0)
  + COALESCE(pg_column_size(m."toolCalls"), 0) + COALESCE(pg_column_size(m."functionCall"), 0)`;

// One statement, so that all of it is one moment: what is read while an answer is being finished shows it either
// growing or finished. Each kind of change has an index that gives its next rows in order, and no more of them are read
// than are wanted.
const variants = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'session_changes',
    `WITH session AS (
         SELECT s.id, s.revision, s."ownRevision", s."createdRevision" FROM "ChatSession" s
         WHERE s.id = $1 AND ${visible('s', '$2')}
       ), appended AS (
         SELECT found.* FROM session CROSS JOIN LATERAL (
           SELECT m."appendedRevision" AS at, 'appended' AS what, FALSE AS folded, m.id, ${size} AS size
           FROM "ChatMessage" m
           WHERE m."sessionId" = session.id AND m."appendedRevision" > $3
           ORDER BY m."appendedRevision" ${limit('$6')}
         ) found
       ), changed AS (
         SELECT found.* FROM session CROSS JOIN LATERAL (
           SELECT m.revision AS at, 'changed' AS what, m."appendedRevision" > $3 AS folded, m.id,
             CASE WHEN m."appendedRevision" > $3 THEN 0 ELSE ${size} END AS size
           FROM "ChatMessage" m
           WHERE m."sessionId" = session.id AND m.revision > $3 AND m.revision > m."appendedRevision"
           ORDER BY m.revision ${limit('$6')}
         ) found
       ), grown AS (
         SELECT found.* FROM session JOIN "ChatMessageStream" st ON st."sessionId" = session.id
         JOIN "ChatMessage" m ON m."sessionId" = session.id AND m.id = st."messageId"
         CROSS JOIN LATERAL (
           SELECT c.revision AS at, 'grew' AS what, FALSE AS folded, c."messageId" AS id,
             octet_length(c.delta) AS size
           FROM "ChatMessageChunk" c
           WHERE c."sessionId" = session.id AND c."messageId" = st."messageId"
             AND c.revision > GREATEST($3, m."appendedRevision")
           ORDER BY c.revision ${limit('$6')}
         ) found
         ORDER BY found.at ${limit('$6')}
       ), every AS (
         SELECT * FROM appended UNION ALL SELECT * FROM changed UNION ALL SELECT * FROM grown
         UNION ALL SELECT "ownRevision", 'updated', FALSE, id, 0 FROM session WHERE "ownRevision" > $3
         UNION ALL SELECT "createdRevision", 'returned', FALSE, id, 0 FROM session WHERE "createdRevision" > $3
       ), measured AS (
         SELECT every.*, dense_rank() OVER (ORDER BY at) AS place, sum(size) OVER (ORDER BY at) AS total FROM every
       ), known AS (
         -- A list that was cut off may lack the rest of its last revision, and all beyond it.
         SELECT min(last) AS last FROM (
           SELECT max(at) - 1 AS last FROM every GROUP BY what HAVING count(*) = $6
         ) cut
       ), stretch AS (
         SELECT measured.* FROM measured, known
         WHERE (known.last IS NULL OR at <= known.last) AND (place = 1 OR (place <= $4 AND total <= $5))
       )
       SELECT session.revision AS "sessionRevision", ${epoch} AS epoch,
         CASE WHEN (SELECT count(*) FROM stretch) < (SELECT count(*) FROM every)
           THEN (SELECT max(at) FROM stretch) END AS "end",
         stretch.at, CASE WHEN stretch.folded THEN 'folded' ELSE stretch.what END AS what,
         stretch.id AS "messageId", c."offset", c.delta, ${columnsAsAppended(columns)}
       FROM session
       LEFT JOIN stretch ON TRUE
       LEFT JOIN "ChatMessage" m
         ON m."sessionId" = session.id AND m.id = stretch.id AND stretch.what IN ('appended', 'changed') AND NOT stretch.folded
       LEFT JOIN "ChatMessageChunk" c
         ON c."sessionId" = session.id AND c."messageId" = stretch.id AND c.revision = stretch.at AND stretch.what = 'grew'
       ORDER BY stretch.at, stretch.what = 'appended'`,
  ),
);

/** A row of the statement above: a change, or null where the session has none. */
type ChangeRow = ChatMessageRow & {
  readonly sessionRevision: number;
  readonly epoch: string;
  readonly end: number | null;
  readonly at: number | null;
  readonly what: StoredChange['what'] | null;
  readonly messageId: string | null;
  readonly offset: number | null;
  readonly delta: string | null;
};

/**
 * Reads what has happened to a session after a revision.
 *
 * @param columns of the messages, at least `id`
 * @returns null when there is no such session for the owner
 */
export async function readChanges(
  database: Queryable,
  owner: string | null,
  sessionId: string,
  { after, revisions, bytes }: Stretch,
  columns: readonly ChatMessageColumn[],
): Promise<StoredChanges | null> {
  const rows = await database.query<ChangeRow>(variants(columns), [
    sessionId,
    owner,
    after,
    revisions,
    bytes,
    maxRows,
  ]);
  const [first] = rows;
  if (!first) return null;
  const { sessionRevision, epoch, end } = first;
  return { revision: sessionRevision, epoch, end, changes: rows.flatMap(toChange) };
}

function toChange(row: ChangeRow): StoredChange[] {
  const { at, what, messageId, offset, delta } = row;
  if (at === null || what === null) return [];
  switch (what) {
    case 'appended':
    case 'changed':
      return [{ at, what, message: row }];
    case 'folded':
      return messageId === null ? [] : [{ at, what, messageId }];
    case 'grew':
      return messageId === null || offset === null || delta === null
        ? []
        : [{ at, what, messageId, offset, delta }];
    case 'updated':
    case 'returned':
      return [{ at, what }];
  }
}

const deletion = statement(
  'session_deletion',
  `SELECT max(d.revision) AS revision, ${epoch} AS epoch FROM "DeletedChatSession" d WHERE d.id = $1 AND ${visible('d', '$2')}`,
);

/** Revision at which a session of this owner was deleted; null when it never was, or too long ago to be known. And the epoch. */
export async function readDeletion(
  database: Queryable,
  owner: string | null,
  sessionId: string,
): Promise<{ readonly revision: number | null; readonly epoch: string }> {
  const [row] = await database.query<{ revision: number | null; epoch: string }>(deletion, [
    sessionId,
    owner,
  ]);
  if (!row) throw new Error('The database did not say where it stands.');
  return row;
}

const revisions = statement(
  'session_revisions',
  `SELECT s.id, s.revision, ${epoch} AS epoch FROM "ChatSession" s WHERE s.id = ANY($1::uuid[])`,
);

/** Positions of many sessions of any owner, by id: for finding out what has moved, not for showing. */
export async function readRevisions(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly revision: number; readonly epoch: string }>> {
  const rows = await database.query<{ id: string; revision: number; epoch: string }>(revisions, [ids]);
  return new Map(rows.map(({ id, ...position }) => [id, position]));
}
