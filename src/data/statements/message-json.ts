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

/** The fields of messages as a list of columns, of which PostgreSQL makes JSON objects. */
export function jsonColumns(alias: string, json: readonly JsonField[]): string {
  const fields = json.map(({ key, value }) => {
    if (!/^\w+$/.test(key) || key.length > longestKey) throw new Error(`The key ${key} can't be had.`);
    return `${'text' in value ? `'${value.text}'` : columnAsJson(`${alias}."${value.column}"`, value.column)} AS "${key}"`;
  });
  return fields.join(', ');
}

function columnAsJson(value: string, column: ChatMessageColumn): string {
  return written[column]?.(value) ?? value;
}
