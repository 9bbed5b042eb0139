import { withDatabaseErrors } from '../database-error.js';
import type { Database } from '../database.js';
import { visibleTo } from '../visibility.js';

/** Whether a session of this owner was deleted, not too long ago to be known. @throws DatabaseError */
export async function wasDeleted(
  { prisma }: Pick<Database, 'prisma'>,
  owner: string | null,
  id: string,
): Promise<boolean> {
  const found = await withDatabaseErrors(
    prisma.deletedChatSession.findFirst({ where: { id, ...visibleTo(owner) }, select: { id: true } }),
  );
  return found !== null;
}

/** Forgets what was deleted before a time. @throws DatabaseError */
export async function forgetDeletions({ prisma }: Pick<Database, 'prisma'>, before: Date): Promise<void> {
  await withDatabaseErrors(prisma.deletedChatSession.deleteMany({ where: { deletedAt: { lt: before } } }));
}
