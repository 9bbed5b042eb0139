import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, Delete, updateContent, updated } from '../support/ledger.js';
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
import { newUser, useTestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';

const Poll = graphql(`
  query SessionChangesPoll($id: ID!, $afterRevision: Int!, $first: Int) {
    chatSession(id: $id) {
      revision
      changes(afterRevision: $afterRevision, first: $first) {
        revision
        hasMore
        changes {
          ...SupportChange
        }
      }
    }
  }
`);

const app = useTestApp();

/** A user with a session. */
async function aSession() {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  const follow = (afterRevision?: number) =>
    watch(app.url, { 'x-user-id': user }, SessionChanges, { sessionId: id, afterRevision });
  return { user, client, id, follow };
}

const fromUser = (...contents: string[]) => contents.map((content) => ({ role: 'USER' as const, content }));

/** Everything that can happen to the messages and fields of a session. */
async function aLife(client: Client, id: string): Promise<void> {
  const [call, other] = [randomUUID(), randomUUID()];
  await appended(client, id, fromUser('first'));
  await appended(client, id, [
    { role: 'ASSISTANT', toolCalls: [{ id: call }, { id: other }] },
    { role: 'TOOL', toolCallId: call, content: 'pending' },
    { role: 'TOOL', toolCallId: other },
  ]);
  await updated(client, { id, title: 'titled' });
  await updateContent(client, { sessionId: id, toolCallId: call, content: 'result \u{1F9EE}' });
  await updated(client, { id, addPromptTokens: 10 });
  await appended(client, id, fromUser('second', 'third'));
  await updateContent(client, { sessionId: id, toolCallId: other, content: 'late result' });
  await updateContent(client, { sessionId: id, toolCallId: call, content: 'better result' });
  await updated(client, { id, totalCompletionTokens: 7, title: null });
  await appended(client, id, fromUser('last'));
}

/** Two answers that are streamed at the same time, of which one stays open. */
async function answers(client: Client, id: string): Promise<void> {
  const [one, other] = [randomUUID(), randomUUID()];
  await start(client, { sessionId: id, id: one, content: 'It begins \u{1F60A}' });
  await extend(client, { sessionId: id, messageId: one, offset: 12, delta: ' and goes' });
  await start(client, { sessionId: id, id: other });
  await extend(client, { sessionId: id, messageId: one, offset: 21, delta: ' on' });
  await extend(client, { sessionId: id, messageId: other, offset: 0, delta: '\u{1F9EE}' });
  await extend(client, { sessionId: id, messageId: other, offset: 2, delta: '\u4E2D\u6587' });
  await finish(client, {
    sessionId: id,
    messageId: one,
    status: 'COMPLETE',
    usage: { promptTokens: 1, completionTokens: 2 },
  });
  await extend(client, { sessionId: id, messageId: other, offset: 4, delta: ' ...' });
}

describe('chatSessionChanges', () => {
  test('begins with the current revision when none is given, and tells what comes', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('before'));
    const stream = await follow();
    expect(await stream.nextData()).toEqual({
      chatSessionChanges: { __typename: 'ChatSessionCaughtUp', revision: 1 },
    });
    await appended(client, id, fromUser('after', 'after that'));
    expect(await stream.nextData()).toMatchObject({
      chatSessionChanges: {
        __typename: 'ChatMessagesAppended',
        revision: 2,
        chatMessages: [
          { sequence: 1, content: 'after', status: 'COMPLETE' },
          { sequence: 2, content: 'after that' },
        ],
      },
    });
    stream.stop();
  });

  test('tells each change as it happens, with its revision', async () => {
    const { client, id, follow } = await aSession();
    const stream = await follow(0);
    const record = new SessionRecord();
    expect((await stream.nextData()).chatSessionChanges).toEqual({
      __typename: 'ChatSessionCaughtUp',
      revision: 0,
    });
    await aLife(client, id);
    const changes = await readUntil(stream, record, 10);
    expect(changes.map(({ __typename, revision }) => [revision, __typename])).toEqual([
      [1, 'ChatMessagesAppended'],
      [2, 'ChatMessagesAppended'],
      [3, 'ChatSessionUpdated'],
      [4, 'ChatMessageContentChanged'],
      [5, 'ChatSessionUpdated'],
      [6, 'ChatMessagesAppended'],
      [7, 'ChatMessageContentChanged'],
      [8, 'ChatMessageContentChanged'],
      [9, 'ChatSessionUpdated'],
      [10, 'ChatMessagesAppended'],
    ]);
    expect(contentsOf(record)).toEqual(await readRecord(client, id));
    stream.stop();
  });

  test('resumed after any revision, brings the record to what the ledger holds, and then goes on', async () => {
    const { client, id, follow } = await aSession();
    const live = await follow(0);
    const all = new SessionRecord();
    all.apply((await live.nextData()).chatSessionChanges);
    await aLife(client, id);
    await answers(client, id);
    const { revision } = await readRecord(client, id);
    const changes = await readUntil(live, all, revision);
    live.stop();

    for (let seen = 0; seen <= changes.length; seen += 1) {
      const record = recordOf(changes.slice(0, seen));
      const stream = await follow(record.revision);
      const rest = await readUntilCaughtUp(stream, record);
      expect({ seen, rest: rest.at(-1) }).toEqual({
        seen,
        rest: { __typename: 'ChatSessionCaughtUp', revision: all.revision },
      });
      await appended(client, id, fromUser(`after ${seen}`));
      const { chatSessionChanges: next } = await stream.nextData();
      all.apply(next);
      record.apply(next);
      expect(contentsOf(record)).toEqual(await readRecord(client, id));
      stream.stop();
    }
  });

  test('gives a long replay in order, and no message twice', async () => {
    const { client, id, follow } = await aSession();
    for (let batch = 0; batch < 5; batch += 1) {
      await appended(client, id, fromUser(...Array.from({ length: 500 }, (_, n) => `${batch} ${n}`)));
    }
    for (let n = 0; n < 30; n += 1) await appended(client, id, fromUser('x'.repeat(100_000)));
    const stream = await follow(0);
    const record = new SessionRecord();
    await readUntilCaughtUp(stream, record);
    expect(contentsOf(record)).toEqual(await readRecord(client, id));
    expect(record.messages).toHaveLength(2530);
    stream.stop();
  });

  test('tells of messages in order of their coming when their sequences are not', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('at 5'), { startSequence: 5 });
    await appended(client, id, fromUser('at 2', 'at 3'), { startSequence: 2 });
    const stream = await follow(0);
    const record = new SessionRecord();
    const changes = await readUntilCaughtUp(stream, record);
    expect(
      changes.map((change) =>
        'chatMessages' in change ? change.chatMessages.map(({ sequence }) => sequence) : [],
      ),
    ).toEqual([[5], [2, 3], []]);
    expect(contentsOf(record)).toEqual(await readRecord(client, id));
    stream.stop();
  });

  test('tells many watchers the same', async () => {
    const { client, id, follow } = await aSession();
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(0)));
    const records = streams.map(() => new SessionRecord());
    await aLife(client, id);
    await Promise.all(streams.map((stream, n) => readUntil(stream, records[n] ?? new SessionRecord(), 10)));
    const ledger = await readRecord(client, id);
    for (const record of records) expect(contentsOf(record)).toEqual(ledger);
    for (const stream of streams) stream.stop();
  });

  test('tells that the session was deleted, and is complete then', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('a'));
    const stream = await follow(1);
    await stream.nextData();
    await client.runOk(Delete, { input: { id } });
    expect(await stream.rest()).toEqual([
      { chatSessionChanges: { __typename: 'ChatSessionDeleted', revision: 2, sessionId: id } },
    ]);
  });

  test('tells so to those who come back later, and nothing to others', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('a'));
    await client.runOk(Delete, { input: { id } });
    const later = await follow(1);
    expect(await later.rest()).toEqual([
      { chatSessionChanges: { __typename: 'ChatSessionDeleted', revision: 2, sessionId: id } },
    ]);
    const stranger = await watch(app.url, { 'x-user-id': newUser() }, SessionChanges, {
      sessionId: id,
      afterRevision: 1,
    });
    expect(await stranger.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });

  test('makes void what was held of a session that was deleted and has come back', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('old'));
    const record = new SessionRecord();
    const before = await follow(0);
    await readUntil(before, record, 1);
    before.stop();
    await client.runOk(Delete, { input: { id } });
    await createSession(client, { id, title: 'again' });
    await appended(client, id, fromUser('new'));
    const stream = await follow(record.revision);
    const changes = await readUntilCaughtUp(stream, record);
    expect(changes.map(({ __typename, revision }) => [revision, __typename])).toEqual([
      [2, 'ChatSessionDeleted'],
      [3, 'ChatSessionUpdated'],
      [4, 'ChatMessagesAppended'],
      [4, 'ChatSessionCaughtUp'],
    ]);
    expect(contentsOf(record)).toEqual(await readRecord(client, id));
    stream.stop();
  });

  test('refuses a revision that the session has not come to', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('a'));
    const stream = await follow(2);
    expect(await stream.next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'CONFLICT' } }] });
    expect(await stream.next()).toBeUndefined();
  });

  test('ends when the database was set back behind what the watcher has seen', async () => {
    const { client, id, follow } = await aSession();
    await appended(client, id, fromUser('a', 'b'));
    await appended(client, id, fromUser('c'));
    const stream = await follow(2);
    await stream.nextData();
    await app.database.sql.query('UPDATE "ChatSession" SET revision = 0 WHERE id = $1', [id]);
    await appended(client, id, fromUser('d'));
    expect(await stream.next()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });
    expect(await stream.next()).toBeUndefined();
  });

  test('reads what is selected beneath a change as it is at that time', async () => {
    const { user, client, id } = await aSession();
    const stream = await watch(
      app.url,
      { 'x-user-id': user },
      graphql(`
        subscription SessionChangesNested($sessionId: ID!) {
          chatSessionChanges(sessionId: $sessionId) {
            ... on ChatMessagesAppended {
              chatMessages {
                content
                session {
                  messageCount
                  lastMessage {
                    content
                  }
                }
              }
            }
          }
        }
      `),
      { sessionId: id },
    );
    await stream.nextData();
    for (const content of ['a', 'b', 'c']) {
      const [message] = await appended(client, id, fromUser(content));
      expect(await stream.nextData()).toEqual({
        chatSessionChanges: {
          chatMessages: [
            { content, session: { messageCount: (message?.sequence ?? 0) + 1, lastMessage: { content } } },
          ],
        },
      });
    }
    stream.stop();
  });
});

describe('ChatSession.changes', () => {
  test('gives in pages of any size what the subscription tells', async () => {
    const { client, id, follow } = await aSession();
    await aLife(client, id);
    await answers(client, id);
    const stream = await follow(0);
    const told = await readUntilCaughtUp(stream, new SessionRecord());
    stream.stop();

    const ledger = await readRecord(client, id);
    for (const first of [1, 2, 3, 7, 1000, null]) {
      const record = new SessionRecord();
      record.revision = 0;
      let hasMore = true;
      for (let afterRevision = 0; hasMore;) {
        const { chatSession } = await client.runOk(Poll, { id, afterRevision, first });
        const page = chatSession?.changes;
        if (!page) throw new Error('There is no such session.');
        for (const change of page.changes) record.apply(change);
        expect(page.changes.length).toBeLessThanOrEqual(first ?? 100);
        expect(page.revision).toBeGreaterThan(afterRevision);
        if (first === 1000) expect(page.changes).toEqual(told.slice(0, -1));
        ({ revision: afterRevision, hasMore } = page);
        record.revision = afterRevision;
      }
      expect(contentsOf(record)).toEqual(ledger);
    }
  });

  test('gives nothing when nothing has happened since', async () => {
    const { client, id } = await aSession();
    await appended(client, id, fromUser('a'));
    const { chatSession } = await client.runOk(Poll, { id, afterRevision: 1 });
    expect(chatSession).toEqual({ revision: 1, changes: { revision: 1, hasMore: false, changes: [] } });
  });

  test.each([
    [{ afterRevision: 2 }, { code: 'CONFLICT' }],
    [{ afterRevision: -1 }, { code: 'BAD_USER_INPUT', path: ['afterRevision'] }],
    [
      { afterRevision: 0, first: 0 },
      { code: 'BAD_USER_INPUT', path: ['first'] },
    ],
    [
      { afterRevision: 0, first: 1001 },
      { code: 'BAD_USER_INPUT', path: ['first'] },
    ],
  ])('refuses %j', async (args, extensions) => {
    const { client, id } = await aSession();
    await appended(client, id, fromUser('a'));
    expect(await client.runError(Poll, { id, ...args })).toMatchObject({ extensions });
  });
});

function recordOf(changes: readonly SessionChange[]): SessionRecord {
  const record = new SessionRecord();
  record.revision = 0;
  for (const change of changes) record.apply(change);
  return record;
}
