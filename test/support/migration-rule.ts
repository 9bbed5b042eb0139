// The rule of docs/operations.md, "Upgrading": a migration leaves all that the version before uses.

/** Kinds of statements that take something away from the version before, or ask more of it. */
const forbidden: readonly [RegExp, string][] = [
  [/\bRENAME\b/i, 'renames what the version before uses'],
  [
    /^DROP (TABLE|TYPE|VIEW|SEQUENCE|SCHEMA|FUNCTION|TRIGGER|DOMAIN)\b/i,
    'drops what the version before may use',
  ],
  [/^(TRUNCATE|DELETE FROM)\b/i, 'deletes rows'],
  [/^ALTER TABLE .*\bDROP (COLUMN|CONSTRAINT|EXPRESSION)\b/is, 'drops what the version before may use'],
  [/^ALTER TABLE .*\bALTER COLUMN\b[^,]*\b(SET DATA TYPE|TYPE)\b/is, 'changes the type of a column'],
  [/^ALTER TABLE .*\bALTER COLUMN\b[^,]*\bSET NOT NULL\b/is, 'makes a column NOT NULL'],
  [/^ALTER TABLE .*\bALTER COLUMN\b[^,]*\bDROP DEFAULT\b/is, 'drops a default'],
  [/^CREATE OR REPLACE\b/i, 'replaces what the version before may use'],
];

/** Those that ask more only of a table which was there before. */
const forbiddenForOldTables: readonly [RegExp, string][] = [
  [
    /^ALTER TABLE (\S+) .*\bADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|EXCLUDE)\b/is,
    'constrains a table',
  ],
  [/^CREATE UNIQUE INDEX\b.*? ON (\S+?)\s*[( ]/is, 'makes values of a table unique'],
  [/^CREATE (?:CONSTRAINT )?TRIGGER .*? ON (\S+)/is, 'has a table do more'],
];

/** What must be unique in a table, under the name of its index. */
export interface UniqueKey {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Whether it holds of some rows alone. */
  readonly isPartial: boolean;
}

/** What in a migration breaks the rule; `keys` are those that the migrations before have left. */
export function breaches(sql: string, keys: readonly UniqueKey[] = []): string[] {
  const statements = statementsOf(sql);
  const own = new Set(
    statements.flatMap((text) => /^CREATE TABLE (?:IF NOT EXISTS )?(\S+)/i.exec(text)?.[1] ?? []),
  );
  return statements.flatMap((text) => {
    const found = forbidden.filter(([pattern]) => pattern.test(text)).map(([, reason]) => reason);
    for (const [pattern, reason] of forbiddenForOldTables) {
      const table = pattern.exec(text)?.[1];
      if (table !== undefined && !own.has(table) && !isUniqueAnyway(text, keys)) found.push(reason);
    }
    if (hasRequiredColumn(text)) found.push('adds a column that the version before does not fill');
    const index = /^DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?(\S+)/i.exec(text)?.[1];
    if (index !== undefined && keys.some(({ name }) => name === index))
      found.push('drops what ON CONFLICT may name');
    return found.map((reason) => `${reason}: ${text.replace(/\s+/g, ' ').slice(0, 100)}`);
  });
}

/** The earlier migration whose removal a migration says it completes: `-- Second step of NAME: ...`. */
export function firstStepOf(sql: string): string | undefined {
  return /^-- Second step of (\w+): \S/m.exec(sql)?.[1];
}

/** The keys that a migration leaves where there were `keys` before. */
export function keysAfter(keys: readonly UniqueKey[], sql: string): UniqueKey[] {
  let left = [...keys];
  for (const text of statementsOf(sql)) {
    for (const [, name] of text.matchAll(
      /\bDROP (?:CONSTRAINT|INDEX) (?:CONCURRENTLY )?(?:IF EXISTS )?(\S+?)(?=[,;\s]|$)/gi,
    ))
      left = left.filter((key) => key.name !== name);
    const unique = uniqueIndexOf(text);
    if (unique) left.push(unique);
    const table = /^(?:CREATE|ALTER) TABLE (?:IF NOT EXISTS )?(\S+)/i.exec(text)?.[1];
    if (table === undefined) continue;
    for (const [, name = '', columns = ''] of text.matchAll(
      /\bCONSTRAINT (\S+) (?:PRIMARY KEY|UNIQUE) \(([^)]*)\)/gi,
    ))
      left.push({ name, table, columns: namesIn(columns), isPartial: false });
    for (const [, name = '', index] of text.matchAll(
      /\bCONSTRAINT (\S+) (?:PRIMARY KEY|UNIQUE) USING INDEX (\S+)/gi,
    ))
      left = left.map((key) => (key.name === index ? { ...key, name } : key));
  }
  return left;
}

function uniqueIndexOf(text: string): UniqueKey | undefined {
  const [, name = '', table = '', columns = ''] =
    /^CREATE UNIQUE INDEX (?:CONCURRENTLY )?(\S+) ON (\S+?)\s*\(([^)]*)\)/is.exec(text) ?? [];
  const isPartial = /\) WHERE\b/i.test(text);
  return name === '' ? undefined : { name, table, columns: namesIn(columns), isPartial };
}

/** Whether a statement makes an index whose values a smaller key keeps unique already, so that it asks nothing more. */
function isUniqueAnyway(text: string, keys: readonly UniqueKey[]): boolean {
  const index = uniqueIndexOf(text);
  if (!index || /\bNULLS NOT DISTINCT\b/i.test(text)) return false;
  return keys.some(
    ({ table, columns, isPartial }) =>
      table === index.table && !isPartial && columns.every((column) => index.columns.includes(column)),
  );
}

function namesIn(columns: string): string[] {
  return columns.split(',').map((column) => column.trim());
}

function hasRequiredColumn(text: string): boolean {
  if (!/^ALTER TABLE\b/i.test(text)) return false;
  const [, ...added] = text.split(
    /\bADD (?:COLUMN\b|(?!CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE|VALUE))/i,
  );
  return added.some((column) => /\bNOT NULL\b/i.test(column) && !/\b(DEFAULT|GENERATED)\b/i.test(column));
}

/** Without comments, the text of strings, and bodies of functions. */
function statementsOf(sql: string): string[] {
  return sql
    .replace(/\$(\w*)\$.*?\$\1\$/gs, "''")
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/--[^\n]*/g, '')
    .replace(/\/\*.*?\*\//gs, '')
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
