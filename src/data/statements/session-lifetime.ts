import type { Database } from '../database.js';
import { chatSessionColumns, sessionMaps, type ChatSessionRow, type SessionMap } from '../rows.js';
import { columnList, statement } from '../statement.js';

/** A session to be. Maps that are not there begin empty. */
export interface NewSession extends Partial<Record<SessionMap, object | null | undefined>> {
  readonly id: string;
  readonly userId: string;
  readonly title: string | null;
}

// Not through Prisma, which copies JSON key by key and loses the key "__proto__" on the way.
const insert = statement(
  'insert_session',
  `INSERT INTO "ChatSession" AS s (id, "userId", title, ${sessionMaps.map((map) => `"${map}"`).join(', ')})
   SELECT $1, $2, $3, $4::jsonb, $5::jsonb, $6::jsonb
   WHERE NOT EXISTS (SELECT FROM "ChatMessage" m WHERE m.id = $1)
   ON CONFLICT (id) DO NOTHING
   RETURNING ${columnList('s', chatSessionColumns)}`,
);

/** Stores a session. Null when its id is taken, by a session or a message. */
export async function insertSession(database: Database, session: NewSession): Promise<ChatSessionRow | null> {
  const { id, userId, title } = session;
  const maps = sessionMaps.map((map) => JSON.stringify(session[map] ?? {}));
  const rows = await database.query<ChatSessionRow>(insert, [id, userId, title, ...maps]);
  return rows[0] ?? null;
}

/** @returns whether there was such a session for this owner */
export async function deleteSession(database: Database, owner: string | null, id: string): Promise<boolean> {
  const { count } = await database.withPrisma((prisma) =>
    prisma.chatSession.deleteMany({ where: { id, ...(owner === null ? {} : { userId: owner }) } }),
  );
  return count > 0;
}
