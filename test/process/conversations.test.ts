import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import type { ChatMessageRole } from '../support/generated/graphql.js';
import { runCommand, startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { openAnswer } from '../support/streaming.js';
import { newUser } from '../support/test-app.js';

/** A message as the file has it. */
interface FileMessage {
  readonly role: string;
  readonly content: string | null;
  readonly name?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: object[];
  readonly function_call?: object;
  readonly refusal?: string;
}

interface Conversation {
  readonly id: string;
  readonly messages: FileMessage[];
}

const inProject = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const sample = inProject('examples/conversations.jsonl');
const recorded = process.env['CONVERSATIONS_FILE'] ?? inProject('../shared/data/airline-conversations.jsonl');

const SessionIds = graphql(`
  query ConversationsSessionIds($userId: ID!, $after: String) {
    chatSessions(userId: $userId, first: 30, after: $after) {
      totalCount
      nodes {
        id
        messageCount
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const Page = graphql(`
  query ConversationsPage($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    chatSession(id: $id) {
      messages(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          sequence
          role
          content
          name
          toolCallId
          toolCalls
          functionCall
          refusal
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);

let database: TestDatabase;
let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'info' });
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-conversations-'));
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.exited;
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['the sample of the project', sample],
  ['200 recorded conversations', recorded],
])('%s', (title, file) => {
  if (!existsSync(file)) {
    test.skip(`${title} were NOT tried: there is no ${file}. Name another file with CONVERSATIONS_FILE.`, () =>
      undefined);
    return;
  }

  test('come back byte for byte, by pages in both directions and by export, and a second import adds nothing', async () => {
    const user = newUser();
    const wanted = await readConversations(file);
    const total = wanted.reduce((sum, { messages }) => sum + messages.length, 0);

    const first = await runCommand(['import', file, '--user', user, '--url', server.url]);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toContain(
      `${wanted.length} conversations: ${total} messages added, 0 were there already.`,
    );

    const sessions = await listSessions(user);
    expect(sessions).toHaveLength(wanted.length);
    const forwards = await Promise.all(sessions.map(({ id }) => readForwards(id)));
    const backwards = await Promise.all(sessions.map(({ id }) => readBackwards(id)));
    expect(backwards).toEqual(forwards);
    expect(sorted(forwards)).toEqual(sorted(wanted.map(({ messages }) => messages)));

    const exported = path.join(folder, 'exported.jsonl');
    expect(
      await runCommand(['export', '--user', user, '--out', exported, '--url', server.url]),
    ).toMatchObject({ code: 0 });
    const written = await readConversations(exported);
    expect(written.map(({ messages }) => asText(messages))).toEqual(
      wanted.map(({ messages }) => asText(messages)),
    );
    expect(new Set(written.map(({ id }) => id))).toEqual(new Set(sessions.map(({ id }) => id)));

    for (const again of [file, exported]) {
      const second = await runCommand(['import', again, '--user', user, '--url', server.url]);
      expect(second.code).toBe(0);
      expect(second.stderr).toContain(`: 0 messages added, ${total} were there already.`);
    }
    expect((await listSessions(user)).reduce((sum, { messageCount }) => sum + messageCount, 0)).toBe(total);
    expect(await runCommand(['verify'], { DATABASE_URL: database.url })).toMatchObject({ code: 0 });
  });
});

test('one session is exported as the line that it came from', async () => {
  const user = newUser();
  const id = '3f0e1a52-8f0b-4c43-9a51-0d6a3a0f7a11';
  const line = JSON.stringify({ id, messages: [{ role: 'user', content: 'a\u2028b "c" \\ 😀' }] });
  const file = path.join(folder, 'one.jsonl');
  await writeFile(file, `${line}\n`);
  await runCommand(['import', file, '--user', user, '--url', server.url]);
  const { stdout } = await runCommand(['export', '--session', id, '--url', server.url]);
  expect(stdout).toBe(`${line}\n`);
});

test('an answer in progress is exported as such with the text that is there, and compared by it', async () => {
  const user = newUser();
  const { sessionId, write, finished } = await openAnswer(server.as(user));
  await write('An ans', 'wer 😀');
  const file = path.join(folder, 'progress.jsonl');
  const exporting = () => runCommand(['export', '--session', sessionId, '--url', server.url]);
  const importing = () => runCommand(['import', file, '--user', user, '--url', server.url]);

  const { stdout } = await exporting();
  const message = { role: 'assistant', content: 'An answer 😀', status: 'in_progress' };
  expect(stdout).toBe(`${JSON.stringify({ id: sessionId, messages: [message] })}\n`);
  await writeFile(file, stdout);
  expect((await importing()).stderr).toContain('0 messages added, 1 were there already');
  await write(' and more');
  expect((await importing()).stderr).toMatch(/the session \S+ is there and has another message 0/);
  await finished({ content: message.content });
  expect((await importing()).stderr).toContain('0 messages added, 1 were there already');
  const whole = { role: 'assistant', content: 'An answer 😀' };
  expect((await exporting()).stdout).toBe(`${JSON.stringify({ id: sessionId, messages: [whole] })}\n`);
});

test('a file that grew adds what is new; a line that can not be stored is named, and the others are', async () => {
  const user = newUser();
  const file = path.join(folder, 'growing.jsonl');
  const conversation = (...contents: string[]) => ({
    id: 'grows',
    messages: contents.map((content) => ({ role: 'user', content })),
  });
  const store = async (...lines: unknown[]) => {
    await writeFile(
      file,
      lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    );
    return runCommand(['import', file, '--user', user, '--url', server.url]);
  };

  expect((await store(conversation('one', 'two'))).stderr).toContain('1 conversations: 2 messages added');
  expect((await store(conversation('one', 'two', 'three'))).stderr).toContain(
    '1 messages added, 2 were there already',
  );
  const mixed = await store(
    '{"messages": [',
    { id: 'parts', messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
    { id: 'extra', messages: [{ role: 'user', content: 'x', audio: {} }] },
    conversation('one', 'other'),
    { id: 'good', messages: [{ role: 'user', content: 'kept' }] },
  );
  expect(mixed.code).toBe(1);
  expect(mixed.stderr).toContain('line 1: not a JSON object with messages');
  expect(mixed.stderr).toContain('line 2: messages.0.content: must be text');
  expect(mixed.stderr).toContain('line 3: messages.0: Unrecognized key: "audio"');
  expect(mixed.stderr).toMatch(/line 4: the session \S+ is there and has another message 1/);
  expect(mixed.stderr).toContain('1 messages added');
});

async function readConversations(file: string): Promise<Conversation[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Conversation);
}

/** As texts in a fixed order. */
function sorted(conversations: readonly (readonly FileMessage[])[]): string[] {
  return conversations.map(asText).sort();
}

/** With a fixed order of the fields of a message, and nothing else changed. */
function asText(messages: readonly FileMessage[]): string {
  const text = ({ role, content, name, tool_call_id, tool_calls, function_call, refusal }: FileMessage) =>
    JSON.stringify({ role, content, name, tool_call_id, tool_calls, function_call, refusal });
  return messages.map(text).join('\n');
}

async function listSessions(userId: string) {
  const sessions: { id: string; messageCount: number }[] = [];
  for (let after: string | null = null; ;) {
    const page = await listPage(userId, after);
    sessions.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) {
      expect(page.totalCount).toBe(sessions.length);
      return sessions;
    }
    after = page.pageInfo.endCursor;
  }
}

async function listPage(userId: string, after: string | null) {
  return (await server.as(userId).runOk(SessionIds, { userId, after })).chatSessions;
}

async function readForwards(id: string): Promise<FileMessage[]> {
  const messages: FileMessage[] = [];
  for (let after: string | null = null; ;) {
    const { nodes, pageInfo } = await messagePage({ id, first: 7, after });
    messages.push(...nodes.map(toFileMessage));
    if (!pageInfo.hasNextPage) return messages;
    after = pageInfo.endCursor;
  }
}

async function readBackwards(id: string): Promise<FileMessage[]> {
  const messages: FileMessage[] = [];
  for (let before: string | null = null; ;) {
    const { nodes, pageInfo } = await messagePage({ id, last: 7, before });
    messages.unshift(...nodes.map(toFileMessage));
    if (!pageInfo.hasPreviousPage) return messages;
    before = pageInfo.startCursor;
  }
}

async function messagePage(variables: {
  id: string;
  first?: number;
  after?: string | null;
  last?: number;
  before?: string | null;
}) {
  const { chatSession } = await server.as().runOk(Page, variables);
  if (!chatSession) throw new Error('The session is gone.');
  return chatSession.messages;
}

function toFileMessage(node: {
  role: ChatMessageRole;
  content: string | null;
  name: string | null;
  toolCallId: string | null;
  toolCalls: object[] | null;
  functionCall: object | null;
  refusal: string | null;
}): FileMessage {
  return {
    role: node.role.toLowerCase(),
    content: node.content,
    ...(node.name === null ? {} : { name: node.name }),
    ...(node.toolCallId === null ? {} : { tool_call_id: node.toolCallId }),
    ...(node.toolCalls === null ? {} : { tool_calls: node.toolCalls }),
    ...(node.functionCall === null ? {} : { function_call: node.functionCall }),
    ...(node.refusal === null ? {} : { refusal: node.refusal }),
  };
}
