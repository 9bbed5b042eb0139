import type { Database } from '../database.js';
import type { ChatSessionRow, SessionMap } from '../rows.js';

export interface NewSession extends Partial<Record<SessionMap, object>> {
  readonly id: string;
  readonly userId: string;
  readonly title: string | null;
}

/** Stores a session unless its id is taken, by a session or a message. */
export async function insertSession(database: Database, session: NewSession): Promise<ChatSessionRow | null> {
  return database.withPrisma(async (prisma) => {
    const homonym = await prisma.chatMessage.findUnique({ where: { id: session.id }, select: { id: true } });
    if (homonym) return null;
    const now = new Date();
    const rows = await prisma.chatSession.createManyAndReturn({
      data: [{ ...session, createdAt: now, updatedAt: now }],
      skipDuplicates: true,
    });
    return rows[0] ?? null;
  });
}

/** @returns whether there was such a session for this owner */
export async function deleteSession(database: Database, owner: string | null, id: string): Promise<boolean> {
  const { count } = await database.withPrisma((prisma) =>
    prisma.chatSession.deleteMany({ where: { id, ...(owner === null ? {} : { userId: owner }) } }),
  );
  return count > 0;
}
