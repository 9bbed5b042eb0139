import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { v5 as uuidv5, validate as isUuid } from 'uuid';
import type { z } from 'zod';
import { formatConversation, toApiMessage, type ApiMessage } from './chat-format.js';

/** A line of a file, ready to be stored. */
export interface Conversation {
  readonly line: number;
  readonly bytes: number;
  readonly sessionId: string;
  readonly messages: readonly (ApiMessage & { readonly id: string })[];
}

/** A line that is no conversation, and why. */
export interface BadLine {
  readonly line: number;
  readonly bytes: number;
  readonly problem: string;
}

/** Any UUID would do; this one is ours, and must never change: ids of imported sessions come from it. */
const namespace = 'b1e6c7a4-3d0f-4c58-9a77-6f1f7e0d2c35';

/**
 * Reads a file of conversations, one a line; empty lines are passed over.
 *
 * Ids are derived, so that reading the same file for the same user again gives the same ones: a conversation's own
 * `id` stands for itself if it is a UUID; otherwise the session's id is made from the user and that `id`, or from
 * what the line holds and how often it came before. Ids of messages are made from the session's and their place.
 */
export async function* readConversations(
  file: string,
  userId: string,
): AsyncGenerator<Conversation | BadLine> {
  const seen = new Map<string, number>();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    line += 1;
    const bytes = Buffer.byteLength(text) + 1;
    if (text.trim() === '') continue;
    const parsed = formatConversation.safeParse(parseJson(text));
    if (!parsed.success) {
      yield { line, bytes, problem: describe(parsed.error) };
      continue;
    }
    const { id, messages } = parsed.data;
    const own = id ?? createHash('sha256').update(text).digest('hex');
    const times = seen.get(own) ?? 0;
    seen.set(own, times + 1);
    if (id !== undefined && times > 0) {
      yield { line, bytes, problem: `the id ${id} came before` };
      continue;
    }
    const sessionId = isUuid(own)
      ? own.toLowerCase()
      : uuidv5(JSON.stringify([userId, own, times]), namespace);
    yield {
      line,
      bytes,
      sessionId,
      messages: messages.map((message, place) => ({
        id: uuidv5(String(place), sessionId),
        ...toApiMessage(message),
      })),
    };
  }
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
