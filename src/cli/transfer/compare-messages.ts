import { isDeepStrictEqual } from 'node:util';
import type { ChatledgerClient, ChatMessage, ChatSession } from '@chatledger/client';
import type { ApiMessage } from './chat-format.js';
import { readMessages } from './read-messages.js';

/** What a session holds of a conversation. */
interface Stored {
  /** So many of its messages. */
  readonly present: number;
  /** Where the next one goes. */
  readonly nextSequence: number;
}

/** Compares a session with the beginning of a conversation. */
export async function compareWithStored(
  ledger: ChatledgerClient,
  { id, messageCount, nextSequence }: ChatSession,
  messages: readonly (ApiMessage & { readonly id: string })[],
): Promise<Stored | { readonly problem: string }> {
  const present = Math.min(messageCount, messages.length);
  if (present === 0) return { present, nextSequence };
  const stored = (await readMessages(ledger, id, present)) ?? [];
  const differing = messages.slice(0, present).findIndex((message, index) => !isSame(message, stored[index]));
  if (differing === -1) return { present, nextSequence };
  const last = stored.at(-1);
  // An import that was interrupted between the start and the end of an unfinished message has left it like this.
  const isTorn =
    differing === messageCount - 1 &&
    last?.id === messages[differing]?.id &&
    last?.status !== 'COMPLETE' &&
    messages[differing]?.status !== 'COMPLETE';
  if (last && isTorn) return { present: differing, nextSequence: last.sequence };
  return { problem: `the session ${id} is there and has another message ${differing}` };
}

/** Whether a message is stored as the file has it. The order of keys in JSON makes no difference. */
function isSame(wanted: ApiMessage, stored: ChatMessage | undefined): boolean {
  // What was in progress when the file was written may have come to its end since.
  if (!stored || (wanted.status !== 'IN_PROGRESS' && wanted.status !== stored.status)) return false;
  // An unfinished message has an empty text where a complete one has none.
  const textOf = ({ content }: ApiMessage) => (wanted.status === 'COMPLETE' ? content : (content ?? ''));
  return (
    textOf(wanted) === textOf(stored) &&
    (['role', 'name', 'toolCallId', 'toolCalls', 'functionCall', 'refusal'] as const).every((field) =>
      isDeepStrictEqual(wanted[field], stored[field]),
    )
  );
}
