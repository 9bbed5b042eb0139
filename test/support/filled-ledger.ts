import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Random } from './chaos/random.js';
import { Writer } from './chaos/writer.js';
import type { Client } from './client.js';
import type { ChatMessageInput } from './generated/graphql.js';
import {
  appendBatch,
  appended,
  appendOne,
  createSession,
  Delete,
  fromUser,
  member,
  updateContent,
  updated,
} from './ledger.js';
import { runCommand } from './server-process.js';
import { openAnswer } from './streaming.js';
import { newUser, startTestApp, type TestApp } from './test-app.js';
import type { TestDatabase } from './test-database.js';
import { until } from './until.js';

/** A database in which every kind of thing has happened, written to by nobody any more. */
export interface FilledLedger {
  readonly database: TestDatabase;
  /** Ids of sessions and messages to do something to. */
  readonly ids: Readonly<Record<Known, string>>;
  drop(): Promise<void>;
}

type Known =
  /** A session: a batch of `user`, `assistant`, `tool`, `other`; then `later`; then the content of `tool` changed; then `last`. */
  | 'session'
  | 'user'
  | 'assistant'
  | 'tool'
  | 'other'
  | 'later'
  | 'last'
  /** Without messages. */
  | 'empty'
  /** Came back after it had been deleted. */
  | 'returned'
  /** Its second message has a sequence that the caller chose. */
  | 'gapped'
  /** Answers a call that nobody made. */
  | 'stranger'
  /** In progress: with a beginning and three pieces; without any text. */
  | 'growing'
  | 'silent'
  /** Streamed and ended. */
  | 'complete'
  | 'failed'
  | 'cancelled'
  /** Its writer was not heard of any more. */
  | 'abandoned';

const sample = fileURLToPath(new URL('../../examples/conversations.jsonl', import.meta.url));

/** All that JSON writes in a way of its own, and all that has another length in UTF-16 than in code points or bytes. */
const oddText = `${String.fromCharCode(...Array.from({ length: 31 }, (_, n) => n + 1))}\u007f"\\/ é \u2028\u2029 \ufeff 漢字 😀𝕌\u{10ffff}`;
const oddJson = { z: oddText, 2: [1e21, -0.5, null, { [oddText]: true }], a: { '': '\\u0041' } };

/** Fills a database through the API. */
export async function fillLedger(): Promise<FilledLedger> {
  const impatient = await startTestApp({ STREAM_TIMEOUT_SECONDS: '1' });
  const { database } = impatient;
  const abandoned = await abandonAnswers(impatient);
  await impatient.stop();

  const app = await startTestApp({ DATABASE_URL: database.url });
  const client = app.as(newUser());
  const ids = {
    ...(await converse(client)),
    ...(await stream(client)),
    abandoned,
    empty: (await createSession(client, { title: oddText })).id,
    returned: await deleteAndReturn(client),
  };
  await writeAtRandom(client);
  const imported = await runCommand(['import', sample, '--user', newUser(), '--url', app.url]);
  if (imported.code !== 0) throw new Error(imported.stderr);
  await app.close();
  return { database, ids, drop: () => database.drop() };
}

async function abandonAnswers(app: TestApp): Promise<string> {
  const client = app.as(newUser());
  const [left, late] = await Promise.all([openAnswer(client, { content: 'a' }), openAnswer(client)]);
  await left.write('b😀');
  const haveFailed = async () => {
    const { rowCount } = await app.database.sql.query(`SELECT FROM "ChatMessage" WHERE status = 'failed'`);
    return rowCount === 2;
  };
  await until(haveFailed);
  await late.finished({ content: 'late' });
  return left.id;
}

async function converse(client: Client) {
  const { id: session } = await createSession(client, { credentials: { key: oddText } });
  const call = { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{}' }, odd: oddJson };
  const batch: ChatMessageInput[] = [
    { role: 'USER', content: oddText, name: oddText },
    { role: 'ASSISTANT', toolCalls: [call], functionCall: oddJson, refusal: oddText },
    { role: 'TOOL', toolCallId: 'call_1' },
    { role: 'USER', content: '' },
  ];
  const append = async (message: ChatMessageInput, sequence?: number) =>
    member(await appendOne(client, session, message, sequence), 'AppendChatMessageSuccess').chatMessage.id;
  const [user = '', assistant = '', tool = '', other = ''] = (await appended(client, session, batch)).map(
    ({ id }) => id,
  );
  const message = { id: randomUUID(), role: 'USER', content: 'later' } as const;
  const later = await append(message);
  await updateContent(client, { sessionId: session, toolCallId: 'call_1', content: oddText });
  await updated(client, {
    id: session,
    title: 'Title',
    addPromptTokens: 3,
    jsonUpdate: 'MERGE',
    credentials: {},
  });
  // A retry, and appends that are refused, leave nothing.
  await append(message);
  await appendBatch(client, session, fromUser('no'), { startSequence: 0 });
  const last = await append({ role: 'USER', content: 'last' });

  const { id: gapped } = await createSession(client);
  await appended(client, gapped, fromUser('first'));
  await appended(client, gapped, fromUser('chosen', 'next'), { startSequence: 7 });
  const { id: begun } = await createSession(client);
  const [answer] = await appended(client, begun, [
    { role: 'TOOL', toolCallId: 'call_of_nobody', content: 'found' },
  ]);
  return { session, user, assistant, tool, other, later, last, gapped, stranger: answer?.id ?? '' };
}

async function stream(client: Client) {
  const open = async (content: string, ...pieces: string[]) => {
    const answer = await openAnswer(client, content === '' ? {} : { content });
    await answer.write(...pieces);
    return answer;
  };
  const growing = await open('Hello 😀', ' \u{10ffff}', '漢字 𝕌', ' end');
  const silent = await open('');
  const complete = await open('', 'one', ' two');
  await complete.finished({ usage: { promptTokens: 1, completionTokens: 2 }, toolCalls: [oddJson] });
  const failed = await open('begun');
  await failed.finished({ status: 'FAILED' });
  const cancelled = await open('', 'x');
  await cancelled.finished({ status: 'CANCELLED', refusal: 'no' });
  return {
    growing: growing.id,
    silent: silent.id,
    complete: complete.id,
    failed: failed.id,
    cancelled: cancelled.id,
  };
}

async function deleteAndReturn(client: Client): Promise<string> {
  const id = randomUUID();
  for (const text of ['first', 'second', 'third']) {
    await createSession(client, { id });
    await appended(client, id, fromUser(text));
    if (text !== 'third') await client.runOk(Delete, { input: { id } });
  }
  return id;
}

/** What several writers do who know nothing of each other, until each has had some messages confirmed. */
async function writeAtRandom(client: Client): Promise<void> {
  const sessions = await Promise.all([createSession(client), createSession(client)]);
  const writers = [1, 2, 3].map(
    (seed) =>
      new Writer(
        client,
        sessions.map(({ id }) => id),
        new Random(seed),
      ),
  );
  const enough = new AbortController();
  const writing = Promise.all(writers.map((writer) => writer.run(enough.signal)));
  await Promise.race([
    until(() => writers.every(({ acknowledged }) => acknowledged.messages.size > 30)),
    writing,
  ]);
  enough.abort();
  await writing;
}
