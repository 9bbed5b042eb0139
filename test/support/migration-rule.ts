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
  [/^CREATE UNIQUE INDEX .*? ON (\S+?)\s*[( ]/is, 'makes values of a table unique'],
  [/^CREATE (?:CONSTRAINT )?TRIGGER .*? ON (\S+)/is, 'has a table do more'],
];

/** What in a migration breaks the rule; `uniqueIndexes` are those of the migrations before. */
export function breaches(sql: string, uniqueIndexes: ReadonlySet<string> = new Set()): string[] {
  const statements = statementsOf(sql);
  const own = new Set(
    statements.flatMap((text) => /^CREATE TABLE (?:IF NOT EXISTS )?(\S+)/i.exec(text)?.[1] ?? []),
  );
  return statements.flatMap((text) => {
    const found = forbidden.filter(([pattern]) => pattern.test(text)).map(([, reason]) => reason);
    for (const [pattern, reason] of forbiddenForOldTables) {
      const table = pattern.exec(text)?.[1];
      if (table !== undefined && !own.has(table)) found.push(reason);
    }
    if (hasRequiredColumn(text)) found.push('adds a column that the version before does not fill');
    const index = /^DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?(\S+)/i.exec(text)?.[1];
    if (index !== undefined && uniqueIndexes.has(index)) found.push('drops what ON CONFLICT may name');
    return found.map((reason) => `${reason}: ${text.replace(/\s+/g, ' ').slice(0, 100)}`);
  });
}

/** The earlier migration whose removal a migration says it completes: `-- Second step of NAME: ...`. */
export function firstStepOf(sql: string): string | undefined {
  return /^-- Second step of (\w+): \S/m.exec(sql)?.[1];
}

export function uniqueIndexesOf(sql: string): string[] {
  return statementsOf(sql).flatMap(
    (text) => /^CREATE UNIQUE INDEX (?:CONCURRENTLY )?(\S+)/i.exec(text)?.[1] ?? [],
  );
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
