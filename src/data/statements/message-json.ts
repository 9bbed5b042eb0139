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

/**
 * SQL for the JSON of a list of messages in order of sequence; null for none.
 *
 * @param from SQL for their rows: the name of a table, or a query in parentheses
 */
export function selectJsonList(from: string, json: readonly JsonField[]): string {
  const fields = json.map(({ key, value }) => {
    if (!/^\w+$/.test(key) || key.length > longestKey) throw new Error(`The key ${key} can't be had.`);
    return `${'text' in value ? `'${value.text}'` : columnAsJson(`taken."${value.column}"`, value.column)} AS "${key}"`;
  });
  // With `.*`, because a client may call one of the columns as the row is called.
  return `SELECT json_agg(message.*) AS messages FROM (
    SELECT ${fields.join(', ')} FROM ${from} taken ORDER BY taken.sequence
  ) message`;
}

function columnAsJson(value: string, column: ChatMessageColumn): string {
  return written[column]?.(value) ?? value;
}
