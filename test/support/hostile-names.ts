import { chatMessageColumns, chatSessionColumns } from '../../src/data/rows.js';

const long = 'long_'.repeat(20);

/** Names that mean something to PostgreSQL, to our statements or to JavaScript. A client may use any of them. */
export const hostileNames = [
  ...new Set<string>([
    ...chatMessageColumns,
    ...chatSessionColumns,
    ...['message', 'messages', 'taken', 'm', 's', 'wanted', 'place', 'session', 'nodes', 'json', 'A', 'a'],
    ...['row', 'select', 'from', 'user', 'null', 'order', 'table', 'end', 'ctid', 'xmin', 'oid', 'tableoid'],
    ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', 'then', 'length'],
    // PostgreSQL cuts names off after 63 bytes.
    ...[63, 64, 65].map((length) => long.slice(0, length)),
    `${long}a`,
    `${long}b`,
  ]),
];
