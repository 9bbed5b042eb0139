// SQL, not Prisma, which can't ask what a snapshot has seen nor take rows WITH TIES. $queryRaw would send the same SQL for 4
// times the CPU time (as epoch.ts), at each poll of each list that is watched.

import type { Queryable } from '../queryable.js';
import { chatSessionColumns, type ChatSessionRow } from '../rows.js';
import { parseSnapshot, type Snapshot } from '../snapshot.js';
import { statement, statements } from '../statement.js';
import { epochExpression } from './epoch.js';
import { sessionColumnList } from './session-columns.js';

// Nothing that is known of a change when it is written says when it will be committed: its time may be long past by
// then, and its transaction's id lower than that of one that was read already. But each reading can say which
// transactions it has seen, and so the next one finds exactly what was committed in between, whatever the clock does
// and however long a commit took. The only price is that each move of a session writes the id of its transaction.

/** Moves the session in its owner's list: an assignment for an UPDATE of "ChatSession". */
export const moveInList = `"listTransaction" = pg_current_xact_id()::text::bigint`;

/** The database at the moment of a reading. */
export interface ListMoment {
  /** See epochExpression. */
  readonly epoch: string;
  /** What is visible in the reading. */
  readonly seen: Snapshot;
}

/** A session that moved in its user's list or left it, and in which transaction. */
export type StoredMove = { readonly transaction: number } & (
  | { readonly kind: 'changed'; readonly session: ChatSessionRow }
  | { readonly kind: 'deleted'; readonly sessionId: string; readonly revision: number }
);

export interface StoredMoves extends ListMoment {
  /** In order of their transactions. */
  readonly moves: readonly StoredMove[];
}

const moments = statements<string>(
  (epoch) => epoch,
  (epoch) =>
    statement('list_moment', `SELECT ${epoch} AS "listEpoch", pg_current_snapshot()::text AS snapshot`),
);

interface MomentRow {
  readonly listEpoch: string;
  readonly snapshot: string;
}

/** The moment from which somebody may begin to follow a list. */
export async function readListMoment(database: Queryable): Promise<ListMoment> {
  const [row] = await database.query<MomentRow>(moments(await epochExpression(database)), []);
  if (!row) throw new Error('The database did not say where it stands.');
  return { epoch: row.listEpoch, seen: parseSnapshot(row.snapshot) };
}

/** In a database that came from a dump, rows may have ids that are still to come here: they are no moves. */
const next = 'pg_snapshot_xmax(pg_current_snapshot())::text::bigint';

/**
 * The rows of a table that a snapshot does not have, in two ranges of an index: what came later, and what was open.
 *
 * @param told the parameters of its `next` and of its `open`
 */
function unseen(table: string, alias: string, userId: string, told: readonly [next: string, open: string]) {
  const [from, open] = told;
  const transaction = `${alias}."listTransaction"`;
  const rows = `FROM "${table}" ${alias} WHERE ${alias}."userId" = ${userId} AND ${transaction} > 0`;
  return {
    later: `${rows} AND ${transaction} >= ${from} AND ${transaction} < ${next}`,
    open: `${rows} AND ${transaction} = ANY(${open})`,
  };
}

// The planner is not to see how much a reader may have missed, as in `limit`: it would read all that is there.
const told = ['(SELECT $2::bigint)', '$3::bigint[]'] as const;
const movedOf = unseen('ChatSession', 's', '$1', told);
const deletedOf = unseen('DeletedChatSession', 'd', '$1', told);

// All of a transaction or nothing, so that a reader can go on behind a transaction.
const take = `ORDER BY transaction FETCH FIRST (SELECT $4::int) ROWS WITH TIES`;
const moved = `SELECT s.id, s."listTransaction" AS transaction, FALSE AS deleted, 0 AS revision`;
const deleted = `SELECT d.id, d."listTransaction" AS transaction, TRUE AS deleted, d.revision`;
// A session that has come back is there, whatever a note says. Not NOT EXISTS, which may be answered by reading all.
const isGone = `(SELECT s.id FROM "ChatSession" s WHERE s.id = d.id AND s."userId" = d."userId") IS NULL`;

const moves = statements<string>(
  (epoch) => epoch,
  (epoch) =>
    statement(
      'list_moves',
      `WITH found AS (
         (${moved} ${movedOf.later} ${take})
         UNION ALL (${moved} ${movedOf.open} ${take})
         UNION ALL (${deleted} ${deletedOf.later} AND ${isGone} ${take})
         UNION ALL (${deleted} ${deletedOf.open} AND ${isGone} ${take})
       ), page AS (
         SELECT * FROM found ${take}
       )
       SELECT ${epoch} AS "listEpoch", pg_current_snapshot()::text AS snapshot,
         page.transaction, page.id AS "movedId", page.deleted, page.revision AS "deletedRevision",
         ${sessionColumnList('s', chatSessionColumns)}
       FROM (VALUES (1)) one LEFT JOIN page ON TRUE
       LEFT JOIN "ChatSession" s ON s.id = page.id AND NOT page.deleted
       ORDER BY page.transaction, page.id`,
    ),
);

/** A row of the statement above: a move, or null where there is none. */
type MoveRow = ChatSessionRow &
  MomentRow & {
    readonly transaction: string | null;
    readonly movedId: string;
    readonly deleted: boolean;
    readonly deletedRevision: number;
  };

/**
 * Reads what has happened to a user's list that a snapshot does not have. A session that moved more than once is there
 * with its last move.
 *
 * @param limit of moves, apart from more of the last transaction. When there are fewer, they are all.
 */
export async function readListMoves(
  database: Queryable,
  userId: string,
  told: Snapshot,
  limit: number,
): Promise<StoredMoves> {
  const rows = await database.query<MoveRow>(moves(await epochExpression(database)), [
    userId,
    told.next,
    told.open,
    limit,
  ]);
  const [first] = rows;
  if (!first) throw new Error('The database did not say where it stands.');
  return { epoch: first.listEpoch, seen: parseSnapshot(first.snapshot), moves: rows.flatMap(toMove) };
}

function toMove(row: MoveRow): StoredMove[] {
  if (row.transaction === null) return [];
  const transaction = Number(row.transaction);
  return row.deleted
    ? [{ kind: 'deleted', transaction, sessionId: row.movedId, revision: row.deletedRevision }]
    : [{ kind: 'changed', transaction, session: row }];
}

const watchedMoved = unseen('ChatSession', 's', 'watched.id', ['watched.next', 'watched.open']);
const watchedDeleted = unseen('DeletedChatSession', 'd', 'watched.id', ['watched.next', 'watched.open']);

const usersMoved = statements<string>(
  (epoch) => epoch,
  (epoch) =>
    statement(
      'users_moved',
      `SELECT ${epoch} AS epoch, ARRAY(
         SELECT watched.id FROM json_to_recordset($1::json) AS watched(id text, next bigint, open bigint[])
         WHERE ${[watchedMoved.later, watchedMoved.open, watchedDeleted.later, watchedDeleted.open]
           .map((rows) => `EXISTS (SELECT ${rows})`)
           .join(' OR ')}
       ) AS users`,
    ),
);

/** Those of the users in whose list something has happened that a snapshot of their own does not have. */
export async function readMovedUsers(
  database: Queryable,
  watched: readonly (Snapshot & { readonly id: string })[],
): Promise<{ readonly epoch: string; readonly users: readonly string[] }> {
  const rows = await database.query<{ epoch: string; users: string[] }>(
    usersMoved(await epochExpression(database)),
    [JSON.stringify(watched.map(({ id, next, open }) => ({ id, next, open })))],
  );
  const [row] = rows;
  if (!row) throw new Error('The database did not say where it stands.');
  return row;
}

const owners = statement(
  'session_owners',
  `SELECT s."userId" FROM "ChatSession" s WHERE s.id = ANY($1::uuid[])
   UNION SELECT d."userId" FROM "DeletedChatSession" d WHERE d.id = ANY($1::uuid[])`,
);

/** The users to whom these sessions belong, or belonged until they were deleted. */
export async function readOwners(database: Queryable, sessionIds: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ userId: string }>(owners, [sessionIds]);
  return rows.map(({ userId }) => userId);
}
