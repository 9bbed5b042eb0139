import { isDeepStrictEqual } from 'node:util';
import type { JsonText } from '../data/row-values.js';

/** Whether two JSON texts stand for the same value, in whatever order their keys are. */
export function isSameJson(one: string, other: string): boolean {
  return one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}

/**
 * What was sent, with its JSON as it is stored, by which its hash is that of the first try: equal JSON is the same,
 * however its keys are ordered.
 *
 * @returns undefined when some JSON is not that which is stored, or when nothing that was sent is JSON
 */
export function withStoredJson<Field extends string, Sent extends Record<Field, unknown>>(
  sent: Sent,
  stored: Readonly<Record<Field, JsonText | null>>,
  fields: readonly Field[],
): Sent | undefined {
  const result = { ...sent };
  for (const field of fields) {
    const [value, kept] = [sent[field], stored[field]];
    if (value === null && kept === null) continue;
    if (value === null || kept === null || !isSameJson(JSON.stringify(value), kept.text)) return undefined;
    result[field] = kept.parse() as Sent[Field];
  }
  return fields.some((field) => sent[field] !== null) ? result : undefined;
}
