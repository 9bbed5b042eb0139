import { withDatabaseErrors } from '../database-error.js';
import type { Database } from '../database.js';
import type { StoredCredentials } from '../row-values.js';
import { visibleTo } from '../visibility.js';
import { jsonArgument } from './json-argument.js';

export interface SessionCredentials {
  readonly id: string;
  readonly credentials: StoredCredentials;
}

/**
 * The next sessions of any owner, in order of id.
 *
 * @param after the last id that was seen; null for none
 * @throws DatabaseError
 */
export async function readStoredCredentials(
  { prisma }: Pick<Database, 'prisma'>,
  after: string | null,
  count: number,
): Promise<SessionCredentials[]> {
  const rows = await withDatabaseErrors(
    prisma.chatSession.findMany({
      where: after === null ? {} : { id: { gt: after } },
      orderBy: { id: 'asc' },
      take: count,
      select: { id: true, credentials: true },
    }),
  );
  return rows as unknown as SessionCredentials[];
}

/** The credentials of a session; null when there is no such session for this owner. @throws DatabaseError */
export async function findStoredCredentials(
  { prisma }: Pick<Database, 'prisma'>,
  owner: string | null,
  id: string,
): Promise<Pick<SessionCredentials, 'credentials'> | null> {
  const found = await withDatabaseErrors(
    prisma.chatSession.findUnique({ where: { id, ...visibleTo(owner) }, select: { credentials: true } }),
  );
  return found as unknown as Pick<SessionCredentials, 'credentials'> | null;
}

/** The same credentials in another form. */
export interface CredentialsReplacement {
  readonly id: string;
  readonly from: StoredCredentials;
  readonly to: StoredCredentials;
}

/**
 * Replaces credentials by the same ones in another form, if the old form is still stored. Watchers are not notified,
 * because nothing changes for them.
 *
 * @param replacements in order of id, so that two who do this do not wait for each other
 * @returns the ids of the sessions in which that was done
 * @throws DatabaseError
 */
export async function replaceStoredCredentials(
  { prisma }: Pick<Database, 'prisma'>,
  replacements: readonly CredentialsReplacement[],
): Promise<string[]> {
  if (replacements.length === 0) return [];
  const updates = replacements.map(({ id, from, to }) =>
    prisma.chatSession.updateMany({
      where: { id, credentials: { equals: jsonArgument(JSON.stringify(from)) } },
      data: { credentials: jsonArgument(JSON.stringify(to)) },
    }),
  );
  const done = await withDatabaseErrors(prisma.$transaction(updates));
  return replacements.flatMap(({ id }, index) => (done[index]?.count === 1 ? id : []));
}
