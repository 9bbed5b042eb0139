import { withDatabaseErrors } from '../database-error.js';
import type { Database } from '../database.js';
import type { MessageKey } from '../rows.js';

/**
 * Messages IN_PROGRESS whose writers have not been heard of since a time, longest first.
 *
 * There is a row for each stream that is open and none for others, so that these are few to look through; an index on
 * the time would have to follow every piece.
 *
 * @throws DatabaseError
 */
export function findAbandonedMessages(
  { prisma }: Pick<Database, 'prisma'>,
  since: Date,
  limit: number,
): Promise<MessageKey[]> {
  return withDatabaseErrors(
    prisma.chatMessageStream.findMany({
      where: { updatedAt: { lt: since } },
      select: { sessionId: true, messageId: true },
      orderBy: { updatedAt: 'asc' },
      take: limit,
    }),
  );
}
