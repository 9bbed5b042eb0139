import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { breaches } from '../support/migration-rule.js';
import {
  appendBatch,
  appendOne,
  createSession,
  Delete,
  fromUser,
  readMessages,
  readSession,
  updateContent,
  updated,
} from '../support/ledger.js';
import { graphql } from '../support/generated/gql.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

// A version works with the schema of the next one. There is no release yet: what comes after the newest migration is made
// up here, of all kinds of changes that the rule allows.

const start = startsTestApps();

const Listed = graphql(`
  query LaterSchemaListed($userId: ID!) {
    chatSessions(userId: $userId) {
      totalCount
      nodes {
        id
        messageCount
      }
    }
  }
`);

const migration = `
  CREATE TYPE "Mood" AS ENUM ('good', 'bad');
  CREATE TABLE "ChatSessionTag" (
    "sessionId" UUID NOT NULL,
    "tag" TEXT NOT NULL,
    CONSTRAINT "ChatSessionTag_pkey" PRIMARY KEY ("sessionId", "tag")
  );
  ALTER TABLE "ChatSessionTag" ADD CONSTRAINT "ChatSessionTag_fkey"
    FOREIGN KEY ("sessionId") REFERENCES "ChatSession"("id") ON DELETE CASCADE;
  ALTER TABLE "ChatSession" ADD COLUMN "archivedAt" TIMESTAMPTZ(3), ADD COLUMN "mood" "Mood" NOT NULL DEFAULT 'good';
  ALTER TABLE "ChatMessage" ADD COLUMN "parts" JSON, ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE "ChatMessageStream" ADD COLUMN "note" TEXT;
  ALTER TABLE "ChatMessageChunk" ADD COLUMN "note" TEXT NOT NULL DEFAULT '';
  ALTER TABLE "DeletedChatSession" ADD COLUMN "note" TEXT;
  CREATE INDEX "ChatMessage_name_idx" ON "ChatMessage"("name");
  ALTER TYPE "ChatMessageRole" ADD VALUE 'critic';
  ALTER TYPE "ChatMessageStatus" ADD VALUE 'paused';`;

async function migrateFurther({ database }: TestApp): Promise<void> {
  for (const statement of migration.split(';')) if (statement.trim()) await database.sql.query(statement);
  await database.sql.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ('later', 'later', '20990101000000_later', now(), now(), 1)`,
  );
}

/** The ten operations. */
async function useAll(app: TestApp): Promise<void> {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client, { title: 'a', credentials: { a: 1 } });
  await appendOne(client, id, { id: randomUUID(), role: 'USER', content: 'x' });
  await appendBatch(client, id, [
    { role: 'ASSISTANT', toolCalls: [{ id: 'call' }] },
    { role: 'TOOL', toolCallId: 'call' },
    ...fromUser('y'),
  ]);
  await updateContent(client, { sessionId: id, toolCallId: 'call', content: 'done' });
  await updated(client, { id, title: 'b', successfulAgentRuns: { a: 1 }, totalPromptTokens: 3 });
  expect(await readSession(client, id)).toMatchObject({ title: 'b', messageCount: 4 });
  const messages = await readMessages(client, id);
  expect(messages.map(({ content }) => content)).toEqual(['x', null, 'done', 'y']);
  const { chatSessions } = await client.runOk(Listed, { userId: user });
  expect(chatSessions).toEqual({ totalCount: 1, nodes: [{ id, messageCount: 4 }] });
  const ledger = app.ledgerOf(user);
  await ledger.streamMessage({ sessionId: id, tokens: ['one ', 'two'] });
  expect((await readMessages(client, id)).at(-1)?.content).toBe('one two');
  await client.runOk(Delete, { input: { id } });
}

const warnings = ({ log }: TestApp) =>
  log.filter(({ msg }) => String(msg).startsWith('The database was migrated by a later version'));

test('what is allowed of the next migration is within the rule', () => {
  expect(breaches(migration)).toEqual([]);
});

test('a server that runs while the next migration is applied serves on', async () => {
  const app = await start();
  await useAll(app);
  await migrateFurther(app);
  await useAll(app);
  expect((await fetch(`${app.origin}/ready`)).status).toBe(200);
  expect(app.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});

test('a server that starts on the schema of the next version says so once, and serves', async () => {
  const before = await start();
  await migrateFurther(before);
  const app = await start({ DATABASE_URL: before.database.url, MIGRATE: 'on' });
  await useAll(app);
  const ready = await fetch(`${app.origin}/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ status: 'ready' })]);
  expect(warnings(app)).toEqual([
    expect.objectContaining({ level: 'warn', migrations: ['20990101000000_later'] }),
  ]);
  expect(warnings(before)).toEqual([]);
});
