// SQL, not Prisma: an insert that takes its place and its revision from the update of the session is one statement, under
// whose lock nobody waits for round trips. Prisma sends four, and costs the server 9 times the CPU time for a message and
// 14 times for 20.

import type { Queryable } from '../queryable.js';
import { keyOf } from '../key.js';
import type { JsonText } from '../row-values.js';
import type { ChatMessageColumn, ChatMessageRow } from '../rows.js';
import { columnList, ownerHash, statement, statements } from '../statement.js';
import { visible } from '../visibility.js';
import { moveInList } from './list-moves.js';
import { messageColumnList } from './message-columns.js';
import { selectJsonList, type JsonField } from './message-json.js';

/** What the writer of a message says. */
export interface MessageBody {
  readonly role: ChatMessageRow['role'];
  readonly content: string | null;
  readonly name: string | null;
  readonly toolCallId: string | null;
  readonly refusal: string | null;
  readonly toolCalls: readonly object[] | null;
  readonly functionCall: object | null;
}

/** A message as it goes into the ledger: everything that is known before its place in the session is. */
export interface NewMessage {
  /** A UUID. */
  readonly id: string;
  /** The JSON of its `MessageBody`. */
  readonly body: string;
  /** SHA-256 by which it is known again, in hexadecimal. */
  readonly bodyHash: string;
}

export interface Append {
  readonly sessionId: string;
  readonly messages: readonly NewMessage[];
  /** Sequence of the first message; null to go on after the last. */
  readonly startSequence: number | null;
  /** Those of the messages' ids that the caller brought. */
  readonly clientIds: readonly string[];
}

const bodyColumns = [
  'role',
  'content',
  'name',
  'toolCallId',
  'refusal',
  'toolCalls',
  'functionCall',
] as const satisfies readonly (ChatMessageColumn & keyof MessageBody)[];

const stored = ['id', ...bodyColumns];

// The update takes the row lock of the session and holds it until the commit, so that the order of commits is the
// order of sequences and of revisions. It comes first: the insert needs its result. The messages travel as one JSON
// text because `json` keeps the tool calls inside it byte for byte, which arrays of json can't do for less.
const sessionStep = `
  UPDATE "ChatSession" s SET
    "nextSequence" = GREATEST(s."nextSequence", COALESCE($3::int, s."nextSequence") + $4::int),
    "messageCount" = s."messageCount" + $4::int,
    revision = s.revision + 1,
    "updatedAt" = GREATEST(s."updatedAt", statement_timestamp()),
    ${moveInList}
  WHERE s.id = $1 AND ${visible('s', '$2')}
  RETURNING s.id, COALESCE($3::int, s."nextSequence" - $4::int) AS start, s.revision, s."updatedAt",
    ${ownerHash('s."userId"')} AS "ownerHash"`;

const insertStep = (status: ChatMessageRow['status'], returning: string): string => `
  INSERT INTO "ChatMessage" AS m (
    ${stored.map((column) => `"${column}"`).join(', ')}, status,
    "bodyHash", "ownerHash", "sessionId", sequence, revision, "appendedRevision", "createdAt", "updatedAt"
  )
  SELECT ${columnList('message', stored)}, '${status}',
    decode(message."bodyHash", 'hex'), session."ownerHash", session.id, session.start + message.place,
    session.revision, session.revision, session."updatedAt", session."updatedAt"
  FROM session, json_to_recordset($5::json) AS message(
    place int, id uuid, role "ChatMessageRole", content text, name text, "toolCallId" text, refusal text,
    "toolCalls" json, "functionCall" json, "bodyHash" text
  )
  RETURNING ${returning}`;

const variants = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'append_messages',
    `WITH session AS (${sessionStep})
       ${insertStep('complete', columnList('m', columns))}`,
  ),
);

const jsonVariants = statements<readonly JsonField[]>(keyOf, (json) =>
  statement(
    'append_messages_as_json',
    `WITH session AS (${sessionStep}),
     taken AS (${insertStep('complete', 'm.*')})
     ${selectJsonList('taken', json)}`,
  ),
);

// What a message IN_PROGRESS holds is kept in chunks, and its beginning is the first of them.
const startVariants = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'start_message',
    `WITH session AS (${sessionStep}),
       message AS (${insertStep('in_progress', 'm.*')}),
       stream AS (
         INSERT INTO "ChatMessageStream" ("messageId", "sessionId", length, bytes, revision, "updatedAt")
         SELECT id, "sessionId", $7, $8, revision, "updatedAt" FROM message
       ), chunk AS (
         INSERT INTO "ChatMessageChunk" ("sessionId", "messageId", revision, "offset", delta)
         SELECT "sessionId", id, revision, 0, $6::text FROM message WHERE $6 <> ''
       )
       SELECT ${columnList('message', columns)} FROM message`,
  ),
);

/**
 * Appends all messages or none, in one statement.
 *
 * @param columns at least `sequence`
 * @returns the rows in order of sequence; null when the session does not exist for the owner
 * @throws DatabaseError of kind `unique` when the session has a message of such an id or sequence; nothing has changed
 *   then
 */
export async function insertMessages(
  database: Queryable,
  owner: string | null,
  append: Append,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow[] | null> {
  const rows = await database.query<ChatMessageRow>(variants(columns), valuesOf(owner, append));
  return rows.length > 0 ? rows.sort((a, b) => a.sequence - b.sequence) : null;
}

/**
 * The same for who takes the messages as JSON.
 *
 * @returns the JSON of a list in order of sequence, or null
 */
export async function insertMessagesAsJson(
  database: Queryable,
  owner: string | null,
  append: Append,
  json: readonly JsonField[],
): Promise<JsonText | null> {
  const [row] = await database.query<{ messages: JsonText | null }>(
    jsonVariants(json),
    valuesOf(owner, append),
  );
  return row?.messages ?? null;
}

/**
 * Appends a message that is still being written: it is IN_PROGRESS, and `beginning` is what it holds so far.
 *
 * @param append of one message, whose content is null
 * @param columns at least `sequence`
 * @returns and throws what `insertMessages` does
 */
export async function insertStartedMessage(
  database: Queryable,
  owner: string | null,
  append: Append,
  beginning: string,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow[] | null> {
  const rows = await database.query<ChatMessageRow>(startVariants(columns), [
    ...valuesOf(owner, append),
    beginning,
    beginning.length,
    Buffer.byteLength(beginning),
  ]);
  // A statement does not see the chunk that it inserts itself.
  const content = beginning === '' ? null : beginning;
  return rows.length > 0 ? rows.map((row) => ({ ...row, content })) : null;
}

function valuesOf(owner: string | null, append: Append): readonly unknown[] {
  const { sessionId, startSequence, messages } = append;
  return [sessionId, owner, startSequence, messages.length, `[${messages.map(placed).join()}]`];
}

/** The JSON of a message with its place in the append. Its body is JSON already, and may be long. */
function placed({ id, body, bodyHash }: NewMessage, place: number): string {
  return `{"place":${place},"id":"${id}","bodyHash":"${bodyHash}",${body.slice(1)}`;
}

/** A stored message with what tells whether it is the same as one that is to be appended. */
export type StoredMessage = ChatMessageRow & { readonly id: string; readonly bodyHash: Buffer };

/** What stands in the way of an append. */
export interface Obstacles {
  /** Of the session. */
  readonly nextSequence: number;
  /** Those of the ids that are messages of this session, in the order of the append. */
  readonly known: readonly string[];
  /** Where the append must have begun for the first of them to be where it is; null when there is none. */
  readonly start: number | null;
  /** The messages from there on, as many as the append has, as far as they exist. In order of sequence. */
  readonly stored: readonly StoredMessage[];
  /** Whether there is a message in the places that the append chose. */
  readonly occupied: boolean;
}

// One statement, and so one moment: sessions and messages come and go meanwhile, and an answer that was put together
// from several moments could be wrong at each of them.
const obstacles = statements<readonly ChatMessageColumn[]>(keyOf, (columns) =>
  statement(
    'append_obstacles',
    `WITH session AS (
         SELECT s.id, s."nextSequence" FROM "ChatSession" s WHERE s.id = $1 AND ${visible('s', '$2')}
       ), known AS (
         SELECT m.id, m.sequence, (wanted.place - 1)::int AS place
         FROM session CROSS JOIN unnest($3::uuid[]) WITH ORDINALITY AS wanted(id, place)
         CROSS JOIN LATERAL (
           -- The limit keeps the planner from going through the session instead.
           SELECT m.id, m.sequence FROM "ChatMessage" m
           WHERE m."sessionId" = session.id AND m.id = wanted.id LIMIT 1
         ) m
       ), summary AS (
         SELECT session.id, session."nextSequence",
           ARRAY(SELECT known.id::text FROM known ORDER BY known.place) AS known,
           (SELECT known.sequence - known.place FROM known ORDER BY known.place LIMIT 1) AS start,
           EXISTS (
             SELECT FROM "ChatMessage" m
             WHERE m."sessionId" = session.id AND m.sequence >= $4::int AND m.sequence < $4::int + $5::int
           ) AS occupied
         FROM session
       )
       SELECT summary."nextSequence", summary.start, summary.occupied,
         CASE WHEN row_number() OVER (ORDER BY m.sequence) = 1 THEN summary.known END AS known,
         ${messageColumnList('m', columns)}, m.id, m.sequence, m."bodyHash"
       FROM summary LEFT JOIN "ChatMessage" m
         ON m."sessionId" = summary.id AND m.sequence >= summary.start AND m.sequence < summary.start + $5::int
       ORDER BY m.sequence`,
  ),
);

/** A row of the statement above. The ids that are known stand in the first one alone. */
type ObstaclesRow = Omit<Obstacles, 'known' | 'stored'> & { readonly known: readonly string[] | null } & (
    StoredMessage | { readonly id: null }
  );

/**
 * What stands in the way of an append, all of it at one moment. For those that failed: to choose the right error, or
 * to find what an earlier try has stored.
 *
 * @returns null when the session does not exist for the owner
 */
export async function findConflicts(
  database: Queryable,
  owner: string | null,
  { sessionId, startSequence, messages }: Append,
  columns: readonly ChatMessageColumn[],
): Promise<Obstacles | null> {
  const rows = await database.query<ObstaclesRow>(obstacles(columns), [
    sessionId,
    owner,
    messages.map(({ id }) => id),
    startSequence,
    messages.length,
  ]);
  const [first] = rows;
  if (!first) return null;
  const { nextSequence, known, start, occupied } = first;
  const stored = rows.flatMap((row) => (row.id === null ? [] : [row]));
  return { nextSequence, known: known ?? [], start, stored, occupied };
}
