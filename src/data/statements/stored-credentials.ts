import type { Queryable } from '../database.js';
import type { StoredCredentials } from '../row-values.js';
import { limit, statement } from '../statement.js';

/** What is stored as the credentials of a session: as JSON, so that the database knows it again. Null for none. */
export interface SessionCredentials {
  readonly id: string;
  readonly json: string | null;
}

// Not through Prisma, which reads integers in JSON as doubles and leaves out the key `__proto__` when it writes: a map in
// plain text would come back as another, and what is stored would not be known again.
const page = (condition: string) =>
  statement(
    'stored_credentials',
    `SELECT s.id, CASE WHEN s.credentials <> '{}' THEN s.credentials::text END AS json
     FROM "ChatSession" s WHERE ${condition} ORDER BY s.id ${limit('$1')}`,
  );
const firstPage = page('TRUE');
const nextPage = page('s.id > $2');

/** The next sessions in order of id, whoever owns them. @param after the last id that was seen; null for none */
export function readStoredCredentials(
  database: Queryable,
  after: string | null,
  count: number,
): Promise<SessionCredentials[]> {
  return after === null
    ? database.query<SessionCredentials>(firstPage, [count])
    : database.query<SessionCredentials>(nextPage, [count, after]);
}

/** The same credentials in another form. */
export interface CredentialsReplacement {
  readonly id: string;
  /** As JSON. */
  readonly from: string;
  readonly to: StoredCredentials;
}

// In order of id, so that two of them do not wait for each other.
const replace = statement(
  'replace_credentials',
  `WITH found AS (
     SELECT s.id, r."to" FROM "ChatSession" s
     JOIN json_to_recordset($1::json) AS r(id uuid, "from" text, "to" jsonb) ON r.id = s.id
     WHERE s.credentials = r."from"::jsonb
     ORDER BY s.id FOR UPDATE OF s
   )
   UPDATE "ChatSession" s SET credentials = found."to" FROM found WHERE s.id = found.id
   RETURNING s.id`,
);

/**
 * Puts credentials in the place of what they were made from, where that is stored still. Nobody is told: they are the
 * same credentials.
 *
 * @returns the ids of the sessions in which that was done
 */
export async function replaceStoredCredentials(
  database: Queryable,
  replacements: readonly CredentialsReplacement[],
): Promise<string[]> {
  if (replacements.length === 0) return [];
  const rows = await database.query<{ id: string }>(replace, [JSON.stringify(replacements)]);
  return rows.map(({ id }) => id);
}
