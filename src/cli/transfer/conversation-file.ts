import { createHash } from 'node:crypto';
import { v5 as uuidv5, validate as isUuid } from 'uuid';
import type { z } from 'zod';
import { findBadNumber } from '../../ledger/json-numbers.js';
import { formatConversation, isEmpty, toApiMessage, type ApiMessage } from './chat-format.js';
import { readEntries, type Entry } from './read-entries.js';

/** Where in a file something stands. */
export interface Place {
  /** `line 7`, or `item 7` of a JSON array. */
  readonly place: string;
  /** Bytes of the file that it takes. */
  readonly size: number;
}

/** A conversation of a file, ready to be stored. */
export interface Conversation extends Place {
  readonly sessionId: string;
  /** The id of a copy, for when `sessionId` belongs to another user. The same as `sessionId` if that can't be. */
  readonly copyId: string;
  readonly title: string | null;
  /** At least one. */
  readonly messages: readonly ApiMessage[];
  /** Fields that hold something and have no place in the ledger. */
  readonly unkept: readonly string[];
}

/** What is no conversation, and why. */
export interface BadEntry extends Place {
  readonly problem: string;
}

/** Any UUID would do; this one is ours, and must never change: ids of imported sessions come from it. */
const namespace = 'b1e6c7a4-3d0f-4c58-9a77-6f1f7e0d2c35';

/**
 * Reads a file of conversations, one a line or in one JSON array; empty lines are passed over.
 *
 * Ids are derived, so that reading the same file for the same user again gives the same ones: a conversation's own
 * `id` stands for itself if it is a UUID; otherwise the session's id is made from the user and that `id`, or from
 * what the line holds and how often it came before.
 *
 * @throws CommandError when the file as a whole is in another format
 */
export async function* readConversations(
  file: string,
  userId: string,
): AsyncGenerator<Conversation | BadEntry, void> {
  const seen = new Map<string, number>();
  const derive = (own: string, times: number) => uuidv5(JSON.stringify([userId, own, times]), namespace);
  for await (const entry of readEntries(file)) {
    const { place, size } = entry;
    const parsed = parseEntry(entry);
    if ('problem' in parsed) {
      yield { place, size, problem: parsed.problem };
      continue;
    }
    const { id, title, messages, ...others } = parsed.conversation;
    const own = id == null ? createHash('sha256').update(parsed.text).digest('hex') : normalized(id);
    const times = seen.get(own) ?? 0;
    seen.set(own, times + 1);
    if (id != null && times > 0) {
      yield { place, size, problem: `the id ${id} came before` };
      continue;
    }
    const copyId = derive(own, times);
    yield {
      place,
      size,
      sessionId: isUuid(own) ? own : copyId,
      copyId,
      title: title == null || title.trim() === '' ? null : title,
      messages: messages.map(toApiMessage),
      unkept: Object.keys(others).filter((field) => !isEmpty(others[field])),
    };
  }
}

/** The id of a message of an imported conversation. @param index its place in it, from 0 */
export function messageIdAt(sessionId: string, index: number): string {
  return uuidv5(String(index), sessionId);
}

/** UUIDs are the same in capitals. */
function normalized(id: string): string {
  return isUuid(id) ? id.toLowerCase() : id;
}

type ParsedEntry =
  | { readonly text: string; readonly conversation: z.output<typeof formatConversation> }
  | { readonly problem: string };

function parseEntry(entry: Entry): ParsedEntry {
  if ('problem' in entry) return entry;
  const { text } = entry;
  const json = parseJson(text);
  const parsed = formatConversation.safeParse(json);
  if (!parsed.success) return { problem: describe(parsed.error) };
  const bad = findBadNumber(text, parsed.data.messages, ['messages']);
  if (bad) return { problem: `${['messages', ...bad.path].join('.')}: ${bad.message}` };
  return { text, conversation: parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue || issue.path.length === 0) return 'not a JSON object with messages';
  return `${issue.path.join('.')}: ${issue.message}`;
}
