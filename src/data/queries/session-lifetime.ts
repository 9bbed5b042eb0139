import { toDatabaseError, withDatabaseErrors } from '../database-error.js';
import type { Database } from '../database.js';
import { Prisma } from '../generated/prisma/client.js';
import type { StoredCredentials } from '../row-values.js';
import { sessionMaps, type ChatSessionRow, type SessionMap } from '../rows.js';
import { visibleTo } from '../visibility.js';
import { jsonArgument } from './json-argument.js';

/** A session to be. Maps that are not there begin empty. */
export interface NewSession extends Partial<Record<SessionMap, object | null | undefined>> {
  readonly id: string;
  readonly userId: string;
  readonly title: string | null;
  readonly credentials: StoredCredentials;
}

/** A session as it was created. What the database from which it is read adds is not there. */
export type CreatedSession = Omit<ChatSessionRow, 'epoch'>;

/**
 * Stores a session, unless there is one of its id already.
 *
 * @param mayBeBack whether a session of this id may have been there before, and deleted
 * @returns null when there is one
 * @throws DatabaseError
 */
export function insertSession(
  { prisma }: Pick<Database, 'prisma'>,
  session: NewSession,
  mayBeBack: boolean,
): Promise<CreatedSession | null> {
  const { id, userId } = session;
  if (!mayBeBack) return withDatabaseErrors(insert(prisma, session));
  return withDatabaseErrors(
    prisma.$transaction(async (transaction) => {
      const created = await insert(transaction, session);
      if (!created) return null;
      // From here on nobody else creates or deletes a session of this id. Who deletes one and brings it back goes on
      // counting its changes, so that those who followed the old one notice.
      const deletion = await transaction.deletedChatSession.findUnique({
        where: { id_userId: { id, userId } },
        select: { revision: true },
      });
      if (!deletion) return created;
      const revision = deletion.revision + 1;
      await transaction.chatSession.update({
        where: { id },
        data: { revision, ownRevision: revision, createdRevision: deletion.revision },
        select: { id: true },
      });
      return { ...created, revision, ownRevision: revision, createdRevision: deletion.revision };
    }),
  );
}

async function insert(
  prisma: Prisma.TransactionClient,
  { id, userId, title, credentials, ...given }: NewSession,
): Promise<CreatedSession | null> {
  const data: Prisma.ChatSessionCreateManyInput = {
    id,
    userId,
    title,
    credentials: jsonArgument(JSON.stringify(credentials)),
  };
  for (const map of sessionMaps) data[map] = jsonArgument(JSON.stringify(given[map] ?? {}));
  const [row] = await prisma.chatSession.createManyAndReturn({
    data,
    skipDuplicates: true,
    omit: { credentials: true },
  });
  if (!row) return null;
  const { createdAt, updatedAt, ...rest } = row;
  return { ...rest, credentials, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Whether there is such a session for this owner. @throws DatabaseError */
export async function hasSession(
  { prisma }: Pick<Database, 'prisma'>,
  owner: string | null,
  id: string,
): Promise<boolean> {
  const found = await withDatabaseErrors(
    prisma.chatSession.findUnique({ where: { id, ...visibleTo(owner) }, select: { id: true } }),
  );
  return found !== null;
}

/** The owner of a session, for any viewer; null when the session does not exist. @throws DatabaseError */
export async function findOwner({ prisma }: Pick<Database, 'prisma'>, id: string): Promise<string | null> {
  const found = await withDatabaseErrors(
    prisma.chatSession.findUnique({ where: { id }, select: { userId: true } }),
  );
  return found?.userId ?? null;
}

/**
 * Deletes a session with its messages, and leaves a tombstone for those who follow it.
 *
 * @returns whether there was such a session for this owner
 * @throws DatabaseError
 */
export async function deleteSession(
  { prisma }: Pick<Database, 'prisma'>,
  owner: string | null,
  id: string,
): Promise<boolean> {
  try {
    await prisma.$transaction(async ({ chatSession, deletedChatSession }) => {
      const { userId, revision } = await chatSession.delete({
        where: { id, ...visibleTo(owner) },
        select: { userId: true, revision: true },
      });
      // Anew where there is one already, so that it has the transaction by which those find it who follow the list.
      await deletedChatSession.deleteMany({ where: { id, userId } });
      await deletedChatSession.createMany({ data: { id, userId, revision: revision + 1 } });
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw toDatabaseError(error);
  }
}

// https://www.prisma.io/docs/orm/reference/error-reference#p2025
function isNotFound(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2025';
}
