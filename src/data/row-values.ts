import pg from 'pg';
import type { Prisma } from './generated/prisma/client.js';

/** Any JSON. */
export type JsonValue = Prisma.JsonValue;

/** A moment in UTC with milliseconds, as RFC 3339 writes it: `2007-12-03T10:15:30.000Z`. */
export type Timestamp = string;

/** JSON as it is stored. Most of it goes out as it came in, so it is parsed only when somebody asks what it says. */
export class JsonText {
  constructor(readonly text: string) {}

  parse(): JsonValue {
    return JSON.parse(this.text) as JsonValue;
  }

  /** The items of a list. */
  *[Symbol.iterator](): Iterator<JsonValue> {
    yield* this.parse() as JsonValue[];
  }
}

declare const isStoredForm: unique symbol;

/**
 * Credentials as the table holds them: encrypted, or as earlier versions wrote them. Nothing can be done with them but
 * what data/credentials/cipher.ts does, so that nobody takes them for what they stand for.
 */
export interface StoredCredentials {
  readonly [isStoredForm]: true;
}

/** What PostgreSQL writes in the zone UTC: `2007-12-03 10:15:30.12+00`, without a fraction when that is zero. */
const usual = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?\+00$/;

function toTimestamp(text: string): Timestamp {
  if (!usual.test(text)) return parseTimestamp(text).toISOString();
  const fraction = text.slice(20, -3).padEnd(3, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction}Z`;
}

const parseTimestamp = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => Date;

/** How values of rows come from PostgreSQL's text: what most of them are written out of again costs no detour. */
export const rowTypes = new pg.TypeOverrides();
rowTypes.setTypeParser(pg.types.builtins.TIMESTAMPTZ, toTimestamp);
rowTypes.setTypeParser(pg.types.builtins.JSON, (text) => new JsonText(text));
