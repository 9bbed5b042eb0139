import type { ChatSession, Page, UserChatSessionChange } from '@chatledger/client';

/** What is held of a user's list: the most recently changed sessions, as many as were read. Never changed in place. */
export interface SessionList {
  /** Most recently changed first. */
  readonly sessions: readonly ChatSession[];
  /** Where the next page begins: `sessions.page({ first, after })`. Null when all are held. */
  readonly nextCursor: string | null;
  /** What is known to be deleted. A page that was read before, and comes after, may still have it. */
  readonly deleted: ReadonlySet<string>;
}

export const emptyList: SessionList = { sessions: [], nextCursor: null, deleted: new Set() };

/** The list with a page behind what was read before. */
export function withPage(list: SessionList, { nodes, pageInfo }: Page<ChatSession>): SessionList {
  const alive = nodes.filter(({ id }) => !list.deleted.has(id));
  const nextCursor = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  return { ...list, sessions: merged(list.sessions, alive), nextCursor };
}

/** The list after a change. The same change twice is as good as once. */
export function withChange(list: SessionList, change: UserChatSessionChange): SessionList {
  switch (change.__typename) {
    case 'UserChatSessionMoved': {
      // It may have come back under its old id.
      const deleted = new Set(list.deleted);
      deleted.delete(change.chatSession.id);
      return { ...list, deleted, sessions: merged(list.sessions, [change.chatSession]) };
    }
    case 'UserChatSessionDeleted': {
      const sessions = list.sessions.filter(({ id }) => id !== change.sessionId);
      return { ...list, sessions, deleted: new Set(list.deleted).add(change.sessionId) };
    }
    case 'UserChatSessionsCaughtUp':
      return list;
  }
}

/** Each session once, as it was last, in the order of the server. */
function merged(held: readonly ChatSession[], more: readonly ChatSession[]): readonly ChatSession[] {
  const byId = new Map(held.map((session) => [session.id, session]));
  for (const session of more) {
    const known = byId.get(session.id);
    if (!known || known.revision <= session.revision) byId.set(session.id, session);
  }
  return [...byId.values()].sort((a, b) => compare(b.updatedAt, a.updatedAt) || compare(b.id, a.id));
}

/** Times and ids are texts whose order is that of what they stand for. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
