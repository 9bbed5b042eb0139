import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { apiClientFor, defaultUrl, type ApiClient } from './api-client.js';
import { toFormatMessage } from './chat-format.js';
import { CommandError } from './failure.js';
import { readMessages } from './read-messages.js';

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description(
      "Write conversations as import reads them: one a line, in OpenAI's chat format, with the id of the session. " +
        'The token is read from CHATLEDGER_TOKEN.',
    )
    .option('--user <id>', 'all sessions of this user, those that changed longest ago first')
    .option('--session <id>', 'one session')
    .option('--out <file>', 'where to write (default: standard output)')
    .option('--url <address>', 'the GraphQL address of the server', defaultUrl())
    .action(exportSessions);
}

interface ExportOptions {
  readonly user?: string;
  readonly session?: string;
  readonly out?: string;
  readonly url: string;
}

async function exportSessions({ user, session, out, url }: ExportOptions): Promise<void> {
  const client = apiClientFor({ url });
  const ids = sessionIds(client, user, session);
  const target = out === undefined ? process.stdout : createWriteStream(out);
  try {
    await pipeline(Readable.from(lines(client, ids)), target, { end: out !== undefined });
  } catch (error) {
    // Whoever reads our output, such as `head`, has enough.
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EPIPE')) throw error;
  }
}

function sessionIds(
  client: ApiClient,
  user: string | undefined,
  session: string | undefined,
): AsyncIterable<string> {
  if (user !== undefined && session === undefined) return idsOfUser(client, user);
  if (session !== undefined && user === undefined) return oneSession(client, session);
  throw new CommandError('Say what to export: --user ID or --session ID.');
}

async function* oneSession(client: ApiClient, id: string): AsyncGenerator<string> {
  const data = z.object({ chatSession: z.object({ id: z.string() }).nullable() });
  const { chatSession } = await client.send('query ($id: ID!) { chatSession(id: $id) { id } }', { id }, data);
  if (!chatSession) throw new CommandError(`There is no session ${id} for this token.`);
  yield chatSession.id;
}

const listDocument = `query ($userId: ID!, $before: String) {
  chatSessions(userId: $userId, last: 100, before: $before) { nodes { id } pageInfo { hasPreviousPage startCursor } }
}`;
const listData = z.object({
  chatSessions: z.object({
    nodes: z.array(z.object({ id: z.string() })),
    pageInfo: z.object({ hasPreviousPage: z.boolean(), startCursor: z.string().nullable() }),
  }),
});

/**
 * From the end of the list, where nothing arrives: a session that changes meanwhile moves to the part that is still
 * to come, so that none is missed; one that was written already is not written again.
 */
async function* idsOfUser(client: ApiClient, userId: string): AsyncGenerator<string> {
  const written = new Set<string>();
  let before: string | null = null;
  for (let more = true; more;) {
    const { chatSessions }: z.output<typeof listData> = await client.send(
      listDocument,
      { userId, before },
      listData,
    );
    for (const { id } of chatSessions.nodes.toReversed()) {
      if (!written.has(id)) yield id;
      written.add(id);
    }
    before = chatSessions.pageInfo.startCursor;
    more = chatSessions.pageInfo.hasPreviousPage;
  }
}

/** Sessions that were deleted since they were listed are left out. */
async function* lines(client: ApiClient, ids: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const id of ids) {
    const messages = await readMessages(client, id);
    if (messages !== undefined) yield `${JSON.stringify({ id, messages: messages.map(toFormatMessage) })}\n`;
  }
}
