import type { ChatMessageRow, ChatSessionRow } from '../../data/rows.js';
import type { StoredChange } from '../../data/statements/changes.js';

/**
 * What happened to a session, at which revision. Whoever applies changes in order to what it held before them holds
 * what the ledger holds.
 */
export type ChatSessionChange = { readonly revision: number } & (
  | { readonly kind: 'appended'; readonly messages: readonly ChatMessageRow[] }
  | { readonly kind: 'content'; readonly message: ChatMessageRow }
  | { readonly kind: 'grew'; readonly messageId: string; readonly offset: number; readonly delta: string }
  | { readonly kind: 'session'; readonly session: ChatSessionRow }
  | { readonly kind: 'deleted'; readonly sessionId: string }
  | { readonly kind: 'caught-up' }
);

/**
 * The changes that the tables tell of, in order of revision. What was appended together is one change; pieces of one
 * message that follow each other with nothing in between are joined.
 *
 * @param session as it is, for when its own fields changed
 */
export function toChanges(
  stored: readonly StoredChange[],
  sessionId: string,
  session: ChatSessionRow | null,
): ChatSessionChange[] {
  const changes: ChatSessionChange[] = [];
  for (const next of stored) {
    const last = changes.at(-1);
    const joined = last && join(last, next);
    if (joined) changes[changes.length - 1] = joined;
    else changes.push(...toChange(next, sessionId, session));
  }
  return changes.map((change) =>
    change.kind === 'appended'
      ? { ...change, messages: [...change.messages].sort((a, b) => a.sequence - b.sequence) }
      : change,
  );
}

function toChange(
  stored: StoredChange,
  sessionId: string,
  session: ChatSessionRow | null,
): ChatSessionChange[] {
  const revision = stored.at;
  switch (stored.what) {
    case 'appended':
      return [{ kind: 'appended', revision, messages: [stored.message] }];
    case 'changed':
      return [{ kind: 'content', revision, message: stored.message }];
    case 'grew': {
      const { messageId, offset, delta } = stored;
      return [{ kind: 'grew', revision, messageId, offset, delta }];
    }
    case 'updated':
      return session ? [{ kind: 'session', revision, session }] : [];
    case 'returned':
      // It was deleted and has come back: what anybody held of it is void.
      return [{ kind: 'deleted', revision, sessionId }];
  }
}

function join(last: ChatSessionChange, next: StoredChange): ChatSessionChange | undefined {
  if (last.kind === 'appended' && next.what === 'appended' && last.revision === next.at)
    return { ...last, messages: [...last.messages, next.message] };
  if (last.kind === 'grew' && next.what === 'grew' && last.messageId === next.messageId)
    return { ...last, revision: next.at, delta: last.delta + next.delta };
  return undefined;
}
