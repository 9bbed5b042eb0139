import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, fromUser, updateContent, updated } from '../support/ledger.js';
import {
  contentsOf,
  readRecord,
  readUntil,
  readUntilCaughtUp,
  SessionChanges,
  SessionRecord,
  type SessionChange,
} from '../support/session-record.js';
import { extend, finish, start } from '../support/streaming.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';

// Whoever reads what has happened meanwhile finds each message as it is now. What happened to it since it was appended
// is folded into that, and its revision must still be reached, and not be told a second time.

const AppendAndAnswer = graphql(`
  mutation FoldedAppendAndAnswer($append: AppendChatMessageInput!, $answer: UpdateToolMessageContentInput!) {
    appendChatMessage(input: $append) {
      __typename
    }
    updateToolMessageContent(input: $answer) {
      __typename
    }
  }
`);

const startTestApp = startsTestApps();

let here: TestApp;
let there: TestApp;
beforeAll(async () => {
  // Nobody tells the one of what the other writes, so that it always finds several changes at once.
  const polling = { LIVE_NOTIFY: 'off', LIVE_POLL_MILLISECONDS: '1000' };
  here = await startTestApp(polling);
  there = await startTestApp({ ...polling, DATABASE_URL: here.database.url });
});

async function aSession() {
  const user = newUser();
  const client = there.as(user);
  const { id } = await createSession(client);
  const follow = (afterRevision: number) =>
    watch(here.url, { 'x-user-id': user }, SessionChanges, { sessionId: id, afterRevision });
  return { client, id, follow };
}

async function appendAndAnswer(client: Client, sessionId: string, toolCallId: string): Promise<void> {
  await client.runOk(AppendAndAnswer, {
    append: { sessionId, message: { role: 'TOOL', toolCallId } },
    answer: { sessionId, toolCallId, content: `result of ${toolCallId}` },
  });
}

type Act = (client: Client, id: string) => Promise<unknown>;

const answer: Act = async (client, id) => {
  const messageId = randomUUID();
  await start(client, { sessionId: id, id: messageId, content: 'It' });
  await extend(client, { sessionId: id, messageId, offset: 2, delta: ' rains' });
  await finish(client, {
    sessionId: id,
    messageId,
    status: 'COMPLETE',
    usage: { promptTokens: 1, completionTokens: 2 },
  });
};
const openTools: Act = (client, id) =>
  appended(client, id, [
    { role: 'TOOL', toolCallId: 'a' },
    { role: 'TOOL', toolCallId: 'b' },
  ]);
const result =
  (toolCallId: string): Act =>
  (client, sessionId) =>
    updateContent(client, { sessionId, toolCallId, content: `result of ${toolCallId}` });
const say: Act = (client, id) => appended(client, id, fromUser('hello'));
const rename: Act = (client, id) => updated(client, { id, title: randomUUID() });

test('whoever watches from another process comes to the revision of a message that changed at once', async () => {
  const { client, id, follow } = await aSession();
  const stream = await follow(0);
  const record = new SessionRecord();
  await readUntilCaughtUp(stream, record);
  for (let round = 0; round < 3; round += 1) {
    await appendAndAnswer(client, id, `call ${round}`);
    await readUntil(stream, record, 2 * round + 2);
    expect(contentsOf(record)).toEqual(await readRecord(client, id));

    const again = await follow(record.revision);
    expect(await again.nextData()).toEqual({
      chatSessionChanges: { __typename: 'ChatSessionCaughtUp', revision: record.revision },
    });
    again.stop();
  }
  stream.stop();
});

describe('who watches comes to the revision of the session, and resumes after any change', () => {
  const cases: [string, Act[]][] = [
    ['an answer that began and ended', [answer]],
    ['tools that were called and answered', [openTools, result('b'), result('a')]],
    ['messages between a call and its result', [openTools, say, result('a'), say, result('b'), say]],
    ['a title between a call and its result', [openTools, rename, result('a')]],
    ['a result, and then a title', [openTools, result('a'), rename]],
    ['an answer among calls', [openTools, answer, result('a'), answer, result('b')]],
    ['all of it twice', [openTools, say, answer, rename, result('b'), answer, rename, result('a'), say]],
  ];
  test.each(cases)('%s', async (_name, acts) => {
    const { client, id, follow } = await aSession();
    await say(client, id);
    const stream = await follow(1);
    const first = SessionRecord.holding(await readRecord(client, id));
    await readUntilCaughtUp(stream, first);
    for (const act of acts) await act(client, id);
    const ledger = await readRecord(client, id);
    await readUntil(stream, first, ledger.revision);
    expect(contentsOf(first)).toEqual(ledger);
    stream.stop();

    const replay = await follow(0);
    const whole = await readUntilCaughtUp(replay, new SessionRecord());
    replay.stop();
    expect(repetitionsIn(whole)).toEqual([]);
    for (const seen of whole.keys()) {
      const record = new SessionRecord();
      for (const change of whole.slice(0, seen)) record.apply(change);
      const resumed = await follow(Math.max(record.revision, 0));
      const rest = await readUntilCaughtUp(resumed, record);
      resumed.stop();
      expect({ seen, ...contentsOf(record) }).toEqual({ seen, ...ledger });
      // All that was told is behind it.
      if (record.revision === ledger.revision && seen === whole.length - 1) expect(rest).toHaveLength(1);
    }
  });

  test('also when nothing else than a message and its change were at once', async () => {
    const { client, id, follow } = await aSession();
    await appendAndAnswer(client, id, 'one');
    await appendAndAnswer(client, id, 'two');
    const stream = await follow(0);
    const changes = await readUntilCaughtUp(stream, new SessionRecord());
    stream.stop();
    expect(changes.map(({ __typename, revision }) => [revision, __typename])).toEqual([
      [2, 'ChatMessagesAppended'],
      [4, 'ChatMessagesAppended'],
      [4, 'ChatSessionCaughtUp'],
    ]);
    for (const { revision } of changes) {
      const resumed = await follow(revision);
      const rest = await readUntilCaughtUp(resumed, new SessionRecord());
      expect(rest.map((change) => change.revision)).toEqual(revision === 2 ? [4, 4] : [4]);
      resumed.stop();
    }
  });
});

describe('changes of one revision, as the migration to live changes left them,', () => {
  /** A session whose fields may have changed with its last message, for all that is known. */
  async function aMigratedSession(messages: number) {
    const session = await aSession();
    for (let n = 0; n < messages; n += 1) await appended(session.client, session.id, fromUser(`${n}`));
    await updated(session.client, { id: session.id, title: 'kept' });
    await here.database.sql.query(
      'UPDATE "ChatSession" SET revision = revision - 1, "ownRevision" = revision - 1 WHERE id = $1',
      [session.id],
    );
    return session;
  }

  test('are told so that a break between them loses none', async () => {
    const { client, id, follow } = await aMigratedSession(3);
    const ledger = await readRecord(client, id);
    expect(ledger.revision).toBe(3);
    for (const from of [0, 1, 2]) {
      const changes = await changesAfter(follow, from);
      expect(changes.map(({ __typename }) => __typename)).toEqual([
        ...Array.from({ length: 2 - from }, () => 'ChatMessagesAppended'),
        'ChatSessionUpdated',
        'ChatMessagesAppended',
        'ChatSessionCaughtUp',
      ]);
      for (const seen of changes.keys()) {
        const { revision } = changes[seen] ?? { revision: -1 };
        const rest = await changesAfter(follow, revision);
        const told = [...changes.slice(0, seen + 1), ...rest];
        const sequences = told.flatMap((change) =>
          'chatMessages' in change ? change.chatMessages.map(({ sequence }) => sequence) : [],
        );
        expect({ from, seen, sequences }).toEqual({ from, seen, sequences: [0, 1, 2].slice(from) });
        expect(told.some((change) => 'chatSession' in change && change.chatSession.title === 'kept')).toBe(
          true,
        );
      }
    }
  });

  async function changesAfter(
    follow: (afterRevision: number) => ReturnType<Awaited<ReturnType<typeof aSession>>['follow']>,
    revision: number,
  ): Promise<SessionChange[]> {
    const stream = await follow(revision);
    const changes: SessionChange[] = [];
    do changes.push((await stream.nextData()).chatSessionChanges);
    while (changes.at(-1)?.__typename !== 'ChatSessionCaughtUp');
    stream.stop();
    return changes;
  }
});

/** Messages of changes that tell nothing that was not told before. */
function repetitionsIn(changes: readonly SessionChange[]): string[] {
  const held = new Map<string, string>();
  return changes.flatMap((change) => {
    if (change.__typename === 'ChatMessagesAppended')
      for (const message of change.chatMessages) held.set(message.id, JSON.stringify(message));
    if (change.__typename !== 'ChatMessageContentChanged') return [];
    const { chatMessage: message } = change;
    const isRepeated = held.get(message.id) === JSON.stringify(message);
    held.set(message.id, JSON.stringify(message));
    return isRepeated ? [message.id] : [];
  });
}
