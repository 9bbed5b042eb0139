import { setTimeout } from 'node:timers/promises';
import type { ChatledgerClient, ChatSession } from '@chatledger/client';
import type { Conversation } from './conversation-file.js';

/** The session that takes a conversation. */
export interface OpenSession {
  readonly session: ChatSession;
  /** Whether it was created just now. */
  readonly created: boolean;
  /** What of the conversation is not kept although there is a place for it. */
  readonly notice?: string;
}

/**
 * Finds or creates the session of a conversation. When its id belongs to another user, as in an export that is imported
 * for somebody else, a copy with an id of its own takes its place, now and each time it is imported again.
 *
 * Call it one conversation after the other: sessions are created in the order of the file, and each at a time of its
 * own, by which an export puts them in this order again.
 */
export async function openSession(
  ledger: ChatledgerClient,
  userId: string,
  conversation: Conversation,
): Promise<OpenSession | { readonly problem: string }> {
  const { sessionId, copyId, title } = conversation;
  const copy = copyId === sessionId ? null : await ledger.sessions.get(copyId);
  if (copy?.userId === userId) return withTitle(ledger, copy, title);

  let problem = '';
  for (const id of new Set([sessionId, copyId])) {
    const outcome = await ledger.sessions.create({ id, userId, title }, { failures: 'return' });
    if (outcome.__typename === 'CreateChatSessionSuccess') {
      const { chatSession: session, created } = outcome;
      if (!created) return withTitle(ledger, session, title);
      // Times have milliseconds.
      await setTimeout(2);
      return { session, created };
    }
    problem = outcome.message;
  }
  return { problem };
}

/** Gives a session that has no title the one of the file. */
async function withTitle(
  ledger: ChatledgerClient,
  found: ChatSession,
  title: string | null,
): Promise<OpenSession> {
  let session = found;
  if (title !== null && session.title === null) {
    const { id } = session;
    ({ chatSession: session } = await ledger.sessions.update({ id, title, onlyIfUntitled: true }));
  }
  if (title === null || session.title === title) return { session, created: false };
  return { session, created: false, notice: 'the session has another title, which stays' };
}
