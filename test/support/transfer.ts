import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createChatledgerClient, type ChatledgerClient, type ChatMessage } from '@chatledger/client';
import { runCommand, startServer, type ServerProcess } from './server-process.js';
import { createTestDatabase } from './test-database.js';

/** A server, and a folder for files that go in and out. */
export interface TransferStage {
  readonly server: ServerProcess;
  readonly databaseUrl: string;
  /** @returns the path of the file */
  file(name: string, content: string | Uint8Array): Promise<string>;
  import(file: string, user: string): ReturnType<typeof runCommand>;
  /** Writes to standard output. */
  export(user: string): ReturnType<typeof runCommand>;
  as(user: string): ChatledgerClient;
  /** What a user has, in the order in which it was created, without ids of messages and times. */
  stored(user: string): Promise<StoredConversation[]>;
  close(): Promise<void>;
}

export interface StoredConversation {
  readonly id: string;
  readonly title: string | null;
  readonly messages: ChatMessage[];
}

export async function openTransferStage(environment: Record<string, string> = {}): Promise<TransferStage> {
  const database = await createTestDatabase();
  const server = await startServer({ DATABASE_URL: database.url, ...environment });
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-transfer-'));
  const as = (user: string) =>
    createChatledgerClient({ url: server.url, headers: { 'x-user-id': user }, retry: false });
  return {
    server,
    databaseUrl: database.url,
    as,
    async file(name, content) {
      const file = path.join(folder, name);
      await writeFile(file, content);
      return file;
    },
    import: (file, user) => runCommand(['import', file, '--user', user, '--url', server.url]),
    export: (user) => runCommand(['export', '--user', user, '--url', server.url]),
    async stored(user) {
      const conversations = [];
      for await (const { id, title, createdAt } of as(user).sessions.all()) {
        const messages = [];
        for await (const message of as(user).messages.all({ sessionId: id })) messages.push(message);
        conversations.push({ id, title, messages, createdAt });
      }
      return conversations.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    },
    async close() {
      server.kill('SIGTERM');
      await server.exited;
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A line of a file. */
export function line(id: string, ...contents: string[]): string {
  return JSON.stringify({ id, messages: contents.map((content) => ({ role: 'user', content })) });
}

/** The texts of each conversation. */
export function textsOf(conversations: readonly StoredConversation[]): (string | null)[][] {
  return conversations.map(({ messages }) => messages.map(({ content }) => content));
}
