import type { ChatMessageRow, ChatSessionRow } from '../../data/rows.js';
import type { StoredChange } from '../../data/statements/changes.js';

/**
 * What happened to a session, at which revision. Whoever applies changes in order to what it held before them holds
 * what the ledger holds.
 */
export type ChatSessionChange = ToldChange & { readonly epoch: string };

/** A change, before it is said of which epoch of the database its revision is. */
type ToldChange = { readonly revision: number } & (
  | { readonly kind: 'appended'; readonly messages: readonly ChatMessageRow[] }
  | { readonly kind: 'content'; readonly message: ChatMessageRow }
  | { readonly kind: 'grew'; readonly messageId: string; readonly offset: number; readonly delta: string }
  | { readonly kind: 'session'; readonly session: ChatSessionRow }
  | { readonly kind: 'deleted'; readonly sessionId: string }
  | { readonly kind: 'caught-up' }
);

/**
 * The changes that the tables tell of, in order. Messages that were appended together are one change; pieces of one
 * message that follow each other with nothing in between are joined.
 *
 * A reader that goes on from the revision of any change misses nothing. So a change has the revision up to which it
 * and those before it tell everything: that of the last change which they have folded in, and, where several share a
 * revision, the one before for all but the last of them.
 *
 * @param after the revision after which they were read
 * @param session as it is, for when its own fields changed
 * @param epoch of the database when they were read
 */
export function toChanges(
  stored: readonly StoredChange[],
  after: number,
  sessionId: string,
  session: ChatSessionRow | null,
  epoch: string,
): ChatSessionChange[] {
  const foldedAt = foldsWithinAppends(stored);
  const changes: ToldChange[] = [];
  // Up to here messages go into one change, since some of them hold what happened until then.
  let openUntil = 0;
  for (const next of stored) {
    const last = changes.at(-1);
    const joined = last && join(last, next, openUntil);
    if (joined) changes[changes.length - 1] = joined;
    else changes.push(...toChange(next, sessionId, session));
    if (next.what === 'appended') openUntil = Math.max(openUntil, foldedAt.get(next.message.id) ?? 0);
  }
  return resumable(changes, after).map((change) =>
    change.kind === 'appended'
      ? { ...change, epoch, messages: [...change.messages].sort((a, b) => a.sequence - b.sequence) }
      : { ...change, epoch },
  );
}

/**
 * Where appended messages have changed since, by id: only those with nothing else than such messages and changes in
 * between. Anything else must be told in its own place, or a reader that goes on from there would miss it.
 */
function foldsWithinAppends(stored: readonly StoredChange[]): ReadonlyMap<string, number> {
  const folds = new Map<string, number>();
  let run = new Set<string>();
  for (const { at, ...change } of stored) {
    if (change.what === 'appended') run.add(change.message.id);
    else if (change.what !== 'folded') run = new Set();
    else if (run.has(change.messageId)) folds.set(change.messageId, at);
  }
  return folds;
}

/** Of changes that share a revision, all but the last get the one before it. */
function resumable(changes: readonly ToldChange[], after: number): ToldChange[] {
  let told = after;
  return changes.map((change, index) => {
    if (changes[index + 1]?.revision === change.revision) return { ...change, revision: told };
    told = change.revision;
    return change;
  });
}

function toChange(stored: StoredChange, sessionId: string, session: ChatSessionRow | null): ToldChange[] {
  const revision = stored.at;
  switch (stored.what) {
    case 'appended':
      return [{ kind: 'appended', revision, messages: [stored.message] }];
    case 'changed':
      return [{ kind: 'content', revision, message: stored.message }];
    case 'folded':
      return [];
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

function join(last: ToldChange, next: StoredChange, openUntil: number): ToldChange | undefined {
  const revision = next.at;
  if (next.what === 'folded') return { ...last, revision };
  if (
    last.kind === 'appended' &&
    next.what === 'appended' &&
    (last.revision === revision || revision < openUntil)
  )
    return { ...last, revision, messages: [...last.messages, next.message] };
  if (last.kind === 'grew' && next.what === 'grew' && last.messageId === next.messageId)
    return { ...last, revision, delta: last.delta + next.delta };
  return undefined;
}
