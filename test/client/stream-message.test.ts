import { EventEmitter, once } from 'node:events';
import { beforeAll, expect, test } from '@jest/globals';
import {
  MessageNotInProgressError,
  type ChatledgerClient,
  type ChatledgerClientOptions,
} from '@chatledger/client';
import { createFaultyFetch } from '../support/faulty-fetch.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

const start = startsTestApps();

let app: TestApp;
beforeAll(async () => {
  app = await start();
});

async function stage(options: Partial<ChatledgerClientOptions> = {}) {
  const user = newUser();
  const ledger = app.ledgerOf(user, { retry: { minDelay: 1, maxDelay: 2 }, ...options });
  const sessionId = (await ledger.sessions.create({})).chatSession.id;
  return { ledger, sessionId };
}

async function stored(ledger: ChatledgerClient, sessionId: string) {
  return (await ledger.messages.page({ sessionId }))?.nodes ?? [];
}

test('an answer is stored as it was said, with what is known at its end', async () => {
  const { ledger, sessionId } = await stage();
  const text = 'Ich heiße 😀, 日本語も。\n'.repeat(40);
  const message = await ledger.streamMessage({
    sessionId,
    name: 'bot',
    interval: 1,
    // One code unit at a time: halves of surrogate pairs among them.
    tokens: text.split(''),
    ending: () =>
      Promise.resolve({ toolCalls: [{ id: 'c' }], usage: { completionTokens: 9, promptTokens: 4 } }),
  });
  expect(message).toMatchObject({ content: text, status: 'COMPLETE', name: 'bot', toolCalls: [{ id: 'c' }] });
  expect(await stored(ledger, sessionId)).toEqual([message]);
  expect(await ledger.sessions.get(sessionId)).toMatchObject({
    totalCompletionTokens: 9,
    totalPromptTokens: 4,
    messageCount: 1,
  });
});

test('an answer without a word is complete too', async () => {
  const { ledger, sessionId } = await stage();
  const message = await ledger.streamMessage({ sessionId, tokens: [] });
  expect(message).toMatchObject({ status: 'COMPLETE' });
});

test('tokens that come while a piece is on its way go together', async () => {
  const network = createFaultyFetch(() => 'none');
  const { ledger, sessionId } = await stage({ fetch: network.fetch });
  await ledger.streamMessage({ sessionId, tokens: Array.from({ length: 500 }, (_, number) => `${number} `) });
  // The session, the start, the end, and few pieces.
  expect(network.sent.length).toBeLessThan(10);
});

test('answers to the writer may be lost: nothing is missing and nothing double', async () => {
  const network = createFaultyFetch((number) =>
    number % 3 === 1 ? 'lost answer' : number % 3 === 2 ? 'lost request' : 'none',
  );
  const { ledger, sessionId } = await stage({ fetch: network.fetch });
  const words = Array.from({ length: 30 }, (_, number) => `word ${number} `);
  async function* tokens() {
    for (const word of words) {
      yield word;
      await new Promise(setImmediate);
    }
  }
  const message = await ledger.streamMessage({
    sessionId,
    interval: 0,
    tokens: tokens(),
    ending: () => ({ usage: { completionTokens: 30 } }),
  });
  expect(message.content).toBe(words.join(''));
  expect(await ledger.sessions.get(sessionId)).toMatchObject({ messageCount: 1, totalCompletionTokens: 30 });
});

test('what was said before the model failed is kept, and the message has FAILED', async () => {
  const { ledger, sessionId } = await stage();
  function* tokens() {
    yield 'So ';
    yield 'far';
    throw new Error('The model is down.');
  }
  await expect(ledger.streamMessage({ sessionId, tokens: tokens() })).rejects.toThrow('The model is down.');
  expect(await stored(ledger, sessionId)).toMatchObject([{ content: 'So far', status: 'FAILED' }]);
});

test('the signal ends the message as CANCELLED, also while the model is silent', async () => {
  const { ledger, sessionId } = await stage();
  const model = silentModel('Hello');
  const stopping = new AbortController();
  const writing = ledger.streamMessage({ sessionId, tokens: model.tokens(), signal: stopping.signal });
  await model.isSilent;
  stopping.abort(new Error('Stop.'));
  await expect(writing).rejects.toThrow('Stop.');
  expect(await stored(ledger, sessionId)).toMatchObject([{ status: 'CANCELLED' }]);
});

test('who is stopped by somebody else learns it at the next piece, and reads no more tokens', async () => {
  const { ledger, sessionId } = await stage();
  const events = new EventEmitter();
  const isClosed = once(events, 'closed');
  async function* tokens() {
    try {
      yield 'One. ';
      const [message] = await stored(ledger, sessionId);
      await ledger.messages.finish({ sessionId, messageId: message?.id ?? '', status: 'CANCELLED' });
      for (;;) {
        yield 'More. ';
        await new Promise(setImmediate);
      }
    } finally {
      events.emit('closed');
    }
  }
  const error = await ledger
    .streamMessage({ sessionId, interval: 1, tokens: tokens() })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MessageNotInProgressError);
  expect(error).toMatchObject({ status: 'CANCELLED' });
  await isClosed;
  expect(await stored(ledger, sessionId)).toMatchObject([{ status: 'CANCELLED' }]);
});

test('signs of life are sent while the model is silent', async () => {
  const signs = new EventEmitter();
  const network = createFaultyFetch(() => 'none');
  const counting: typeof fetch = async (url, init) => {
    const response = await network.fetch(url, init);
    const { input } = network.sent.at(-1)?.variables as { input: { delta?: string } };
    if (input.delta === '') signs.emit('sign');
    return response;
  };
  const { ledger, sessionId } = await stage({ fetch: counting });
  const model = silentModel('Let me think.');
  const writing = ledger.streamMessage({ sessionId, tokens: model.tokens(), heartbeat: 5 });
  await once(signs, 'sign');
  await once(signs, 'sign');
  model.goOn();
  expect(await writing).toMatchObject({ content: 'Let me think. Done.', status: 'COMPLETE' });
});

test('a session that is not there has no answers', async () => {
  const { ledger, sessionId } = await stage();
  await ledger.sessions.delete(sessionId);
  await expect(ledger.streamMessage({ sessionId, tokens: ['a'] })).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

/** Says something, and no more until it is told to go on. */
function silentModel(said: string) {
  const events = new EventEmitter();
  const isSilent = once(events, 'silent');
  return {
    isSilent,
    goOn: () => events.emit('go on'),
    async *tokens() {
      yield said;
      const goingOn = once(events, 'go on');
      events.emit('silent');
      await goingOn;
      yield ' Done.';
    },
  };
}
