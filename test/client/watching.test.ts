import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  applyChange,
  conversationOf,
  withEarlier,
  type ChatSessionChange,
  type Conversation,
} from '@chatledger/client';
import { streamNetworks } from '../support/faulty-socket.js';
import { bearer, good, hs256, now, secret } from '../security/credentials.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

const start = startsTestApps();
const retry = { minDelay: 1, maxDelay: 2 };

let app: TestApp;
beforeAll(async () => {
  app = await start();
});

describe.each(streamNetworks)('over $way', ({ breaking, unbroken }) => {
  test('a session is followed through streams that break, each change once and in order', async () => {
    const user = newUser();
    const writer = app.ledgerOf(user);
    const sessionId = (await writer.sessions.create({})).chatSession.id;
    const network = breaking((stream) => stream % 4);
    const watcher = app.ledgerOf(user, { retry, ...network.options });

    const writing = (async () => {
      for (let number = 0; number < 30; number += 1)
        await writer.messages.append({ sessionId, message: { role: 'USER', content: `${number}` } });
    })();
    const revisions: number[] = [];
    const contents: (string | null)[] = [];
    for await (const change of watcher.sessions.watch(sessionId, { afterRevision: 0 })) {
      if (change.__typename !== 'ChatSessionCaughtUp') revisions.push(change.revision);
      if (change.__typename !== 'ChatMessagesAppended') continue;
      contents.push(...change.chatMessages.map(({ content }) => content));
      if (contents.length === 30) await writer.sessions.delete(sessionId);
    }
    await writing;

    expect(revisions).toEqual(Array.from({ length: 31 }, (_, number) => number + 1));
    expect(contents).toEqual(Array.from({ length: 30 }, (_, number) => `${number}`));
    expect(network.sent.length).toBeGreaterThan(10);
    // Each goes on from where the one before it was.
    const points = network.sent.map(({ variables }) => variables['afterRevision'] as number);
    expect(points).toEqual(points.toSorted((a, b) => a - b));
  });

  test("a user's list is followed through streams that break", async () => {
    const user = newUser();
    const writer = app.ledgerOf(user);
    const network = breaking((stream) => stream + 2);
    const watcher = app.ledgerOf(user, { retry, ...network.options });
    const wanted = new Set<string>();
    const seen = new Set<string>();
    for await (const change of watcher.sessions.watchList()) {
      if (change.__typename === 'UserChatSessionMoved') seen.add(change.chatSession.title ?? '');
      if (wanted.size < 6) {
        const title = `${wanted.size}`;
        wanted.add(title);
        await writer.sessions.create({ title });
      } else if (seen.size === wanted.size) break;
    }
    expect(seen).toEqual(wanted);
    expect(network.sent.length).toBeGreaterThan(1);
  });

  test('a stream goes on with a new token when its own has run out', async () => {
    const secured = await start({ AUTH_JWT_SECRET: secret });
    // 5 s are granted to clocks that differ.
    const tokens = [await hs256(good({ exp: now() - 3 })), await hs256(good()), await hs256(good())];
    const headers = () => bearer(tokens.shift() ?? '');
    const owner = secured.ledgerOf(undefined, { headers: bearer(await hs256(good())) });
    const { id } = (await owner.sessions.create({})).chatSession;
    const stream = secured.ledgerOf(undefined, { headers, retry, ...unbroken }).sessions.watch(id);
    expect(await stream.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });
    // It is behind the point where the first stream was when its token ran out.
    expect(await stream.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });
    await owner.messages.append({ sessionId: id, message: { role: 'USER', content: 'later' } });
    expect(await stream.next()).toMatchObject({ value: { chatMessages: [{ content: 'later' }] } });
    await stream.return();

    const expired = secured.ledgerOf(undefined, {
      headers: bearer(await hs256(good({ exp: now() - 60 }))),
      retry,
      ...unbroken,
    });
    await expect(expired.sessions.watch(id).next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  describe('a point that the database does not have', () => {
    test.each(['a later revision', 'another epoch'])('%s: the session is read anew', async (what) => {
      const ledger = app.ledgerOf(newUser(), { retry, ...unbroken });
      const { chatSession } = await ledger.sessions.create({ title: 'Weather' });
      const { id, epoch } = chatSession;
      const say = (content: string) =>
        ledger.messages.append({ sessionId: id, message: { role: 'USER', content } });
      await say('held');
      const from =
        what === 'another epoch' ? { afterRevision: 1, epoch: 'gone' } : { afterRevision: 7, epoch };
      const interruptions: unknown[] = [];
      const onInterrupted = (error: unknown) => interruptions.push(error);
      const stream = ledger.sessions.watch(id, { ...from, onInterrupted });
      expect(await stream.next()).toMatchObject({
        value: {
          __typename: 'ChatSessionReplaced',
          revision: 1,
          epoch,
          chatSession: { id, title: 'Weather', revision: 1 },
          messages: { nodes: [{ content: 'held' }], revision: 1, epoch },
        },
      });
      expect(interruptions).toMatchObject([{ code: 'CONFLICT' }]);
      expect(await stream.next()).toMatchObject({
        value: { __typename: 'ChatSessionCaughtUp', revision: 1 },
      });
      await say('later');
      expect(await stream.next()).toMatchObject({ value: { chatMessages: [{ content: 'later' }] } });
      await stream.return();
      await expect(ledger.sessions.changes(id, from)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('is the end of a session that is not there', async () => {
      const ledger = app.ledgerOf(newUser(), { retry, ...unbroken });
      const id = randomUUID();
      const stream = ledger.sessions.watch(id, { afterRevision: 3, epoch: 'gone' });
      expect(await stream.next()).toMatchObject({
        value: { __typename: 'ChatSessionDeleted', sessionId: id },
      });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
    });
  });

  describe('watching ends', () => {
    test('with the session, also when the stream breaks before it says so', async () => {
      const user = newUser();
      const owner = app.ledgerOf(user);
      const { id } = (await owner.sessions.create({})).chatSession;
      const network = breaking(() => 2);
      const stream = app.ledgerOf(user, { retry, ...network.options }).sessions.watch(id);
      expect(await stream.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });
      await owner.sessions.delete(id);
      expect(await stream.next()).toMatchObject({ value: { __typename: 'ChatSessionDeleted' } });
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect(network.sent).toHaveLength(1);
    });

    test('for good with what the server refuses', async () => {
      const ledger = app.ledgerOf(newUser(), { retry, ...unbroken });
      await expect(ledger.sessions.watch(randomUUID()).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('with the signal, and with the loop, and then the server has no stream left', async () => {
      const own = await start({ LIVE_LIMIT: '1' });
      const ledger = own.ledgerOf(newUser(), { retry, ...unbroken });
      const { id } = (await ledger.sessions.create({})).chatSession;
      for await (const change of ledger.sessions.watch(id)) if (change.revision === 0) break;
      // With one stream allowed, the next begins only when the server has let go of the one before.
      const stopping = new AbortController();
      const stream = ledger.sessions.watch(id, { signal: stopping.signal });
      expect(await stream.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });
      stopping.abort(new Error('Enough.'));
      await expect(stream.next()).rejects.toThrow('Enough.');
      const last = ledger.sessions.watch(id);
      expect(await last.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });
      await last.return();
    });
  });
});

test('a stream of which nothing is heard any more is taken for broken', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  try {
    let streams = 0;
    const silent: typeof fetch = (_, init) => {
      streams += 1;
      const change = { __typename: 'ChatSessionCaughtUp', revision: streams };
      const event = `event: next\ndata: ${JSON.stringify({ data: { chatSessionChanges: change } })}\n\n`;
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(event));
          init?.signal?.addEventListener('abort', () => {
            controller.error(init.signal?.reason);
          });
        },
      });
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    };
    const stream = app.ledgerOf(newUser(), { fetch: silent, retry }).sessions.watch(randomUUID());
    expect(await stream.next()).toMatchObject({ value: { revision: 1 } });
    const second = stream.next();
    await jest.advanceTimersByTimeAsync(29_000);
    expect(streams).toBe(1);
    await jest.advanceTimersByTimeAsync(1_100);
    expect(await second).toMatchObject({ value: { revision: 2 } });
    await stream.return();
  } finally {
    jest.useRealTimers();
  }
});

describe('a conversation', () => {
  /** Follows until it holds the revision. */
  async function follow(
    changes: AsyncIterable<ChatSessionChange>,
    from: Conversation,
    revision: number,
  ): Promise<Conversation> {
    let conversation = from;
    if (conversation.revision >= revision) return conversation;
    for await (const change of changes) {
      conversation = applyChange(conversation, change);
      if (conversation.revision >= revision) break;
    }
    return conversation;
  }

  test('that was read at any moment is brought to what the ledger holds', async () => {
    const ledger = app.ledgerOf(newUser());
    const id = (await ledger.sessions.create({})).chatSession.id;
    const begun: Promise<Conversation>[] = [];
    const open = async () => {
      const session = await ledger.sessions.get(id);
      const page = await ledger.messages.page({ sessionId: id });
      if (!session || !page) throw new Error('It is there.');
      return conversationOf(session, page);
    };
    const write = async () => {
      for (let number = 0; number < 6; number += 1) {
        begun.push(open());
        const { chatMessage } = await ledger.messages.start({ sessionId: id, content: 'A' });
        const messageId = chatMessage.id;
        for (let offset = 1; offset < 4; offset += 1) {
          begun.push(open());
          await ledger.messages.extend({ sessionId: id, messageId, offset, delta: `${offset}` });
        }
        await ledger.messages.append({ sessionId: id, message: { role: 'TOOL', toolCallId: `${number}` } });
        begun.push(open());
        await ledger.messages.updateToolContent({
          sessionId: id,
          toolCallId: `${number}`,
          content: 'result',
        });
        begun.push(open());
        await ledger.messages.finish({ sessionId: id, messageId, status: 'COMPLETE' });
        await ledger.sessions.update({ id, title: `Title ${number}` });
      }
    };
    await Promise.all([write(), write()]);
    const wanted = await open();
    expect(wanted.messages).toHaveLength(24);
    const told = ({ messages, session, revision }: Conversation) => ({
      title: session?.title,
      revision,
      messages: messages.map(({ id, content, status, sequence }) => ({ id, content, status, sequence })),
    });
    const followed = begun.map(async (reading) => {
      const conversation = await reading;
      const changes = ledger.sessions.watch(id, { afterRevision: conversation.revision });
      return told(await follow(changes, conversation, wanted.revision));
    });
    for (const conversation of await Promise.all(followed)) expect(conversation).toEqual(told(wanted));
  });

  test('of the newest messages is paged back while it goes on, without a gap', async () => {
    const ledger = app.ledgerOf(newUser());
    const { chatSession } = await ledger.sessions.create({});
    const sessionId = chatSession.id;
    const say = (content: string, sequence?: number) =>
      ledger.messages.append({ sessionId, sequence, message: { role: 'USER', content } });
    for (const sequence of [0, 1, 2, 10, 11, 12]) await say(`${sequence}`, sequence);

    const newest = await ledger.messages.page({ sessionId, last: 2 });
    if (!newest) throw new Error('It is there.');
    let conversation = conversationOf((await ledger.sessions.get(sessionId)) ?? chatSession, newest);
    expect(contentsOf(conversation)).toEqual(['11', '12']);
    expect(conversation.hasEarlier).toBe(true);

    const changes = ledger.sessions.watch(sessionId, { afterRevision: conversation.revision });
    // One far before what is held, one within the part that was read, one behind it.
    await say('5', 5);
    const { chatMessage: last } = await say('13');
    conversation = await follow(changes, conversation, last.revision);
    expect(contentsOf(conversation)).toEqual(['11', '12', '13']);

    while (conversation.hasEarlier) {
      const before = conversation.startCursor ?? '';
      const page = await ledger.messages.page({ sessionId, last: 3, before });
      if (page) conversation = withEarlier(conversation, page);
    }
    expect(contentsOf(conversation)).toEqual(['0', '1', '2', '5', '10', '11', '12', '13']);
    await say('7', 7);
    const follower = ledger.sessions.watch(sessionId, { afterRevision: conversation.revision });
    conversation = await follow(follower, conversation, conversation.revision + 1);
    expect(contentsOf(conversation)).toEqual(['0', '1', '2', '5', '7', '10', '11', '12', '13']);
  });

  test('keeps apart what one change tells of before and behind what is held', async () => {
    const ledger = app.ledgerOf(newUser());
    const { chatSession } = await ledger.sessions.create({});
    const sessionId = chatSession.id;
    const say = (content: string, sequence: number) =>
      ledger.messages.append({
        sessionId,
        sequence,
        message: { role: 'TOOL', toolCallId: content, content },
      });
    for (const sequence of [0, 1, 2, 10, 11]) await say(`${sequence}`, sequence);
    const newest = await ledger.messages.page({ sessionId, last: 2 });
    if (!newest) throw new Error('It is there.');
    let conversation = conversationOf((await ledger.sessions.get(sessionId)) ?? chatSession, newest);

    // One far before what is held, which changes when another one has come behind it.
    await say('5', 5);
    await say('12', 12);
    await ledger.messages.updateToolContent({ sessionId, toolCallId: '5', content: 'changed' });
    const changes = ledger.sessions.watch(sessionId, { afterRevision: conversation.revision });
    conversation = await follow(changes, conversation, conversation.revision + 3);
    expect(contentsOf(conversation)).toEqual(['10', '11', '12']);
    const before = conversation.startCursor ?? '';
    const page = await ledger.messages.page({ sessionId, last: 2, before });
    if (page) conversation = withEarlier(conversation, page);
    expect(contentsOf(conversation)).toEqual(['2', 'changed', '10', '11', '12']);
  });

  test('of a session that is deleted is empty, and takes nothing that does not fit', async () => {
    const ledger = app.ledgerOf(newUser());
    const { chatSession } = await ledger.sessions.create({});
    const page = await ledger.messages.page({ sessionId: chatSession.id });
    if (!page) throw new Error('It is there.');
    const { chatMessage } = await ledger.messages.start({ sessionId: chatSession.id, content: 'abc' });
    const held = applyChange(conversationOf(chatSession, page), {
      __typename: 'ChatMessagesAppended',
      revision: 1,
      epoch: page.epoch,
      chatMessages: [chatMessage],
    });
    const growth = {
      __typename: 'ChatMessageGrew',
      revision: 9,
      epoch: page.epoch,
      messageId: chatMessage.id,
      delta: '!',
    } as const;
    expect(() => applyChange(held, { ...growth, offset: 8 })).toThrow('3 UTF-16 code units');
    expect(contentsOf(applyChange(held, { ...growth, offset: 3 }))).toEqual(['abc!']);
    const end = { revision: 9, epoch: page.epoch, sessionId: chatSession.id };
    expect(applyChange(held, { __typename: 'ChatSessionDeleted', ...end })).toMatchObject({
      session: null,
      messages: [],
      revision: 9,
    });
  });
});

const contentsOf = ({ messages }: Conversation) => messages.map(({ content }) => content);
