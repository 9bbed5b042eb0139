import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import { AppendMessage, CreateSession } from '../support/documents.js';
import { startServer, type ServerProcess } from '../support/server-process.js';

const ReadLedger = graphql(`
  query CrashReadLedger($id: ID!, $after: String) {
    chatSession(id: $id) {
      messageCount
      nextSequence
      messages(first: 1000, after: $after) {
        nodes {
          id
          sequence
          content
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

let dataDirectory: string;
let server: ServerProcess;
beforeEach(async () => {
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'chatledger-crash-'));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(dataDirectory, 0o711);
});
afterEach(async () => {
  server.kill('SIGTERM');
  await server.exited;
  await rm(dataDirectory, { recursive: true, force: true });
});

interface Told {
  readonly sequence: number;
  readonly content: string | null;
}

test('kill -9 amid 8 writers loses nothing that was acknowledged, and the next start needs no help', async () => {
  const sessionId = randomUUID();
  const acknowledged = new Map<string, Told>();
  const unanswered = new Set<string>();
  server = await startServer({ DATA_DIR: dataDirectory });
  await server.as('alice').runOk(CreateSession, { input: { id: sessionId } });

  for (let round = 1; round <= 3; round += 1) {
    const enough = acknowledged.size + 100;
    await Promise.all(Array.from({ length: 8 }, () => write(sessionId, acknowledged, unanswered, enough)));
    expect((await server.exited).signal).toBe('SIGKILL');
    server = await startServer({ DATA_DIR: dataDirectory });
  }
  // What was under way at a kill may be there or not; its writer sends it again with the same id.
  for (const id of unanswered) {
    acknowledged.set(id, await append(sessionId, id));
  }

  const { messages, messageCount, nextSequence } = await readAll(sessionId);
  expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index));
  expect({ messageCount, nextSequence }).toEqual({
    messageCount: messages.length,
    nextSequence: messages.length,
  });
  expect(new Map(messages.map(({ id, sequence, content }) => [id, { sequence, content }]))).toEqual(
    acknowledged,
  );
  expect(acknowledged.size).toBeGreaterThanOrEqual(300);
});

/** Appends until `enough` messages are acknowledged; then kills the server, which ends the other writers too. */
async function write(
  sessionId: string,
  acknowledged: Map<string, Told>,
  unanswered: Set<string>,
  enough: number,
): Promise<void> {
  for (;;) {
    const id = randomUUID();
    try {
      acknowledged.set(id, await append(sessionId, id));
    } catch {
      unanswered.add(id);
      return;
    }
    if (acknowledged.size >= enough) server.kill('SIGKILL');
  }
}

async function append(sessionId: string, id: string): Promise<Told> {
  const message = { id, role: 'USER' as const, content: `message ${id}` };
  const { appendChatMessage } = await server
    .as('alice')
    .runOk(AppendMessage, { input: { sessionId, message } });
  if (appendChatMessage.__typename !== 'AppendChatMessageSuccess') throw new Error('The append was refused.');
  const { sequence, content } = appendChatMessage.chatMessage;
  return { sequence, content };
}

async function readAll(id: string) {
  const messages: (Told & { id: string })[] = [];
  let after: string | null = null;
  for (;;) {
    const { messages: page, ...session } = await readPage(id, after);
    messages.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return { ...session, messages };
    after = page.pageInfo.endCursor;
  }
}

async function readPage(id: string, after: string | null) {
  const { chatSession } = await server.as('alice').runOk(ReadLedger, { id, after });
  if (!chatSession) throw new Error('The session is gone.');
  return chatSession;
}
