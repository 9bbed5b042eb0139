// SQL, not Prisma, which has no JSON made by PostgreSQL. It is what sessions-with-messages.ts saves most by: Prisma costs
// the server 11 times the CPU time for 20 messages of 20 sessions.

import type { ChatMessageColumn } from '../rows.js';

/** A field of a message as an answer has it. */
export interface JsonField {
  /** Its name in the answer: letters, digits and underscores. */
  readonly key: string;
  readonly value: { readonly column: ChatMessageColumn } | { readonly text: string };
}

/** PostgreSQL cuts off names after so many bytes. */
export const longestKey = 63;

const upperCase = (value: string) => `upper(${value}::text)`;
// As `Date.prototype.toISOString` has it.
const timestamp = (value: string) => `to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Columns whose JSON is not that which PostgreSQL makes of them. */
const written: Partial<Record<ChatMessageColumn, (value: string) => string>> = {
  role: upperCase,
  status: upperCase,
  createdAt: timestamp,
  updatedAt: timestamp,
};

/** SQL for the bytes of a value, for columns whose values may be large. JSON that is certainly short counts as null. */
const sizes: Partial<Record<ChatMessageColumn, (value: string, most: string) => string>> = {
  content: (value) => `octet_length(${value})`,
  refusal: (value) => `octet_length(${value})`,
  toolCalls: sizeOfJson,
  functionCall: sizeOfJson,
};

/** Measuring JSON decompresses it, so it is done only where the value may be large: pglz saves 99 % at most. */
function sizeOfJson(value: string, most: string): string {
  return `CASE WHEN pg_column_size(${value}) > ${most} / 100 THEN octet_length(${value}::text) END`;
}

/** Columns whose length callers decide. */
export const textColumns: ReadonlySet<string> = new Set([...Object.keys(sizes), 'name', 'toolCallId']);

/**
 * Bytes of a list that PostgreSQL makes into one JSON value at most, before it escapes them. Unbounded, it could be
 * gigabytes.
 */
const mostBytes = 5_000_000;

/** Bytes that each of so many messages may have if their list is made as one value. */
export function bytesOfEach(messages: number): number {
  return Math.floor(mostBytes / Math.max(1, messages));
}

/**
 * SQL for the JSON of a list of messages in order of sequence. Null when one of them has more bytes than `most`, which
 * is a parameter: read them as rows then.
 */
export function selectShortJsonList(from: string, json: readonly JsonField[], most: string): string {
  const columns = new Set(json.flatMap(({ value }) => ('column' in value ? [value.column] : [])));
  const measured = [...columns].flatMap((column) => sizes[column]?.(`m."${column}"`, most) ?? []);
  // Each parameter must stand somewhere.
  if (measured.length === 0)
    return `SELECT COALESCE((${selectJsonList(from, json)}), '[]') WHERE ${most} IS NOT NULL`;
  const isLong = `${measured.map((size) => `COALESCE(${size}, 0)`).join(' + ')} > ${most}`;
  const fields = fieldsOf(json, (column, value) =>
    column in sizes ? `CASE WHEN NOT taken."is long" THEN ${value} END` : value,
  );
  return `SELECT CASE WHEN bool_or(taken."is long") THEN NULL ELSE COALESCE(json_agg(message.*), '[]') END
    FROM (SELECT m.*, ${isLong} AS "is long" FROM ${from} m ORDER BY m.sequence) taken,
    LATERAL (SELECT ${fields}) message`;
}

/**
 * SQL for the JSON of a list of messages in order of sequence; null for none.
 *
 * @param from SQL for their rows: the name of a table, or a query in parentheses
 */
export function selectJsonList(from: string, json: readonly JsonField[]): string {
  // With `.*`, because a client may call one of the columns as the row is called.
  return `SELECT json_agg(message.*) AS messages FROM (
    SELECT ${fieldsOf(json)} FROM ${from} taken ORDER BY taken.sequence
  ) message`;
}

function fieldsOf(
  json: readonly JsonField[],
  shown = (_column: ChatMessageColumn, value: string) => value,
): string {
  const fields = json.map(({ key, value }) => {
    if (!/^\w+$/.test(key) || key.length > longestKey) throw new Error(`The key ${key} can't be had.`);
    if ('text' in value) return `'${value.text}' AS "${key}"`;
    return `${shown(value.column, columnAsJson(`taken."${value.column}"`, value.column))} AS "${key}"`;
  });
  return fields.join(', ');
}

function columnAsJson(value: string, column: ChatMessageColumn): string {
  return written[column]?.(value) ?? value;
}
