import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ChatledgerClient } from 'chatledger/client';
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
  const ids = sessionIds(ledger, user, session);
  const target = out === undefined ? process.stdout : createWriteStream(out);
  try {
    await pipeline(Readable.from(lines(ledger, ids)), target, { end: out !== undefined });
  } catch (error) {
    // Whoever reads our output, such as `head`, has enough.
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EPIPE')) throw error;
  }
}

function sessionIds(
  ledger: ChatledgerClient,
  user: string | undefined,
  session: string | undefined,
): AsyncIterable<string> {
  if (user !== undefined && session === undefined) return idsOfUser(ledger, user);
  if (session !== undefined && user === undefined) return oneSession(ledger, session);
  throw new CommandError('Say what to export: --user ID or --session ID.');
}

async function* oneSession(ledger: ChatledgerClient, id: string): AsyncGenerator<string> {
  const session = await ledger.sessions.get(id);
  if (!session) throw new CommandError(`There is no session ${id} for this token.`);
  yield session.id;
}

/**
 * From the end of the list, where nothing arrives: a session that changes meanwhile moves to the part that is still
 * to come, so that none is missed; one that was written already is not written again.
 */
async function* idsOfUser(ledger: ChatledgerClient, userId: string): AsyncGenerator<string> {
  const written = new Set<string>();
  for await (const { id } of ledger.sessions.all({ userId, from: 'end' })) {
    if (!written.has(id)) yield id;
    written.add(id);
  }
}

/** Sessions that were deleted since they were listed are left out. */
async function* lines(ledger: ChatledgerClient, ids: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const id of ids) {
    const messages = await readMessages(ledger, id);
    if (messages !== undefined) yield `${JSON.stringify({ id, messages: messages.map(toFormatMessage) })}\n`;
  }
}
