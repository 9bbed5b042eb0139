import { NotFoundError, type ChatledgerClient, type ChatMessage } from '@chatledger/client';

/**
 * The messages of a session from its first one on, `limit` at most (default: all). Undefined when there is no such
 * session for the token.
 */
export async function readMessages(
  ledger: ChatledgerClient,
  sessionId: string,
  limit = Infinity,
): Promise<ChatMessage[] | undefined> {
  const messages: ChatMessage[] = [];
  try {
    for await (const message of ledger.messages.all({ sessionId })) {
      messages.push(message);
      if (messages.length >= limit) break;
    }
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
  return messages;
}
