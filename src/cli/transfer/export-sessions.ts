import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ChatledgerClient, ChatSession } from '@chatledger/client';
import { CommandError } from '../failure.js';
import { toFormatMessage } from './chat-format.js';
import { readMessages } from './read-messages.js';

export interface ExportOptions {
  readonly user?: string;
  readonly session?: string;
  readonly out?: string;
}

/** Writes conversations as `importFile` reads them. @throws CommandError */
export async function exportSessions(
  ledger: ChatledgerClient,
  { user, session, out }: ExportOptions,
): Promise<void> {
  const sessions = sessionsToExport(ledger, user, session);
  const target = out === undefined ? process.stdout : createWriteStream(out);
  try {
    await pipeline(Readable.from(lines(ledger, sessions)), target, { end: out !== undefined });
  } catch (error) {
    // Whoever reads our output, such as `head`, has enough.
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EPIPE')) throw error;
  }
}

type Exported = Pick<ChatSession, 'id' | 'title'>;

function sessionsToExport(
  ledger: ChatledgerClient,
  user: string | undefined,
  session: string | undefined,
): AsyncIterable<Exported> {
  if (user !== undefined && session === undefined) return sessionsOfUser(ledger, user);
  if (session !== undefined && user === undefined) return oneSession(ledger, session);
  throw new CommandError('Nothing to export: give --user ID or --session ID.');
}

async function* oneSession(ledger: ChatledgerClient, id: string): AsyncGenerator<Exported> {
  const session = await ledger.sessions.get(id);
  if (!session) throw new CommandError(`There is no session ${id} for this token.`);
  yield session;
}

/**
 * In the order in which they were created, which is that of the file when they were imported. They are listed from the
 * end, where nothing arrives: a session that changes meanwhile moves to the part that is still to come, so that none is
 * missed, and the second time it is passed over.
 */
async function* sessionsOfUser(ledger: ChatledgerClient, userId: string): AsyncGenerator<Exported> {
  const found = new Map<string, Exported & Pick<ChatSession, 'createdAt'>>();
  for await (const { id, title, createdAt } of ledger.sessions.all({ userId, from: 'end', pageSize: 500 }))
    found.set(id, { id, title, createdAt });
  yield* [...found.values()].sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id));
}

/** Times and ids are texts in the order of what they stand for. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sessions that were deleted since they were listed are left out, and those without messages, which is said. */
async function* lines(ledger: ChatledgerClient, sessions: AsyncIterable<Exported>): AsyncGenerator<string> {
  let empty = 0;
  for await (const { id, title } of sessions) {
    const messages = await readMessages(ledger, id);
    if (messages === undefined) continue;
    if (messages.length === 0) {
      empty += 1;
      continue;
    }
    const named = title === null ? { id } : { id, title };
    yield `${JSON.stringify({ ...named, messages: messages.map(toFormatMessage) })}\n`;
  }
  if (empty > 0) process.stderr.write(`Left out, as they have no messages: ${empty} sessions.\n`);
}
