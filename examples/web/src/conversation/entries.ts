import type { ChatMessage } from '@chatledger/client';
import { keyOfResult, readToolCalls } from './tool-calls.ts';

/** A message as it is shown: with the results of the tools that it called, which are messages of their own. */
export interface Entry {
  readonly message: ChatMessage;
  readonly results: readonly ChatMessage[];
}

/** Messages in order of sequence as entries. A result whose call is not among them is an entry of its own. */
export function entriesOf(messages: readonly ChatMessage[]): Entry[] {
  const entries: Entry[] = [];
  /** What the newest message with this tool call has collected. An agent may use the id of a call again. */
  const resultsByCall = new Map<string, ChatMessage[]>();
  for (const message of messages) {
    const answered = keyOfResult(message);
    const collected = answered === null ? undefined : resultsByCall.get(answered);
    if (collected) {
      collected.push(message);
      continue;
    }
    const results: ChatMessage[] = [];
    entries.push({ message, results });
    for (const { key } of readToolCalls(message)) if (key !== null) resultsByCall.set(key, results);
  }
  return entries;
}

/** Whether two entries look the same. Messages are never changed in place. */
export function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.message === b.message &&
    a.results.length === b.results.length &&
    a.results.every((result, index) => result === b.results[index])
  );
}
