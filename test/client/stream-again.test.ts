import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newId, type ChatledgerClient, type StreamMessageOptions } from '@chatledger/client';
import { createFaultyFetch } from '../support/faulty-fetch.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const start = startsTestApps();

let app: TestApp;
/** Hears of a writer each second at least, or gives it up. */
let impatient: TestApp;
beforeAll(async () => {
  [app, impatient] = await Promise.all([start(), start({ STREAM_TIMEOUT_SECONDS: '1' })]);
});

const leaving = new AbortController();
afterAll(() => {
  leaving.abort();
});

const words = ['one ', 'two ', 'thrée ', '四 ', '😀', ' six'];

async function stage(on = app) {
  const user = newUser();
  const ledger = on.ledgerOf(user, { retry: { minDelay: 1, maxDelay: 2 } });
  const sessionId = (await ledger.sessions.create({})).chatSession.id;
  return { user, ledger, sessionId, id: newId() };
}

async function stored(ledger: ChatledgerClient, sessionId: string) {
  return (await ledger.messages.page({ sessionId }))?.nodes ?? [];
}

/** Counts how many of the tokens are read. */
function counted(tokens: readonly string[]) {
  const count = { read: 0 };
  async function* read() {
    for (const token of tokens) {
      count.read += 1;
      yield token;
      // Lets each go as a piece of its own.
      await new Promise(setImmediate);
    }
  }
  return { count, tokens: read() };
}

/**
 * A writer that stops for ever at a request, as one that is killed there: at the start (1), at a piece, or at the end.
 *
 * @param isDone whether the server still takes this request
 */
async function killedAt(
  user: string,
  stop: number,
  isDone: boolean,
  options: StreamMessageOptions,
): Promise<{ readonly isKilled: boolean }> {
  let killed: () => void = () => undefined;
  const dead = new Promise<{ isKilled: boolean }>((resolve) => {
    killed = () => {
      resolve({ isKilled: true });
    };
  });
  let requests = 0;
  const dying: typeof fetch = async (url, init) => {
    requests += 1;
    if (requests < stop) return fetch(url, init);
    if (requests === stop) {
      if (isDone) await (await fetch(url, init)).arrayBuffer();
      killed();
    }
    return new Promise(() => undefined);
  };
  const { signal } = leaving;
  const writing = app.ledgerOf(user, { fetch: dying }).streamMessage({ ...options, interval: 0, signal });
  return Promise.race([dead, writing.then(() => ({ isKilled: false }))]);
}

/** How often each kill comes: STREAM_AGAIN_ROUNDS=20 for many. */
const rounds = Number(process.env['STREAM_AGAIN_ROUNDS'] ?? 1);
jest.setTimeout(30_000 * rounds);

const kills = Array.from({ length: words.length + 2 }, (_, place) => place + 1).flatMap((stop) => [
  { stop, isDone: false },
  { stop, isDone: true },
]);

describe('the same call with the same id, after the writer was killed', () => {
  test.each(kills)('at its request $stop, which is done: $isDone', async ({ stop, isDone }) => {
    for (let round = 1; round <= rounds; round += 1) {
      const { user, ledger, sessionId, id } = await stage();
      const ending = () => ({ usage: { completionTokens: 6 } });
      await killedAt(user, stop, isDone, { sessionId, id, ending, tokens: counted(words).tokens });
      const again = await ledger.streamMessage({ sessionId, id, ending, tokens: counted(words).tokens });
      expect(again).toMatchObject({ id, content: words.join(''), status: 'COMPLETE' });
      expect(await stored(ledger, sessionId)).toEqual([again]);
      const session = await ledger.sessions.get(sessionId);
      expect(session).toMatchObject({ totalCompletionTokens: 6, messageCount: 1 });
    }
  });

  test('time after time, at each request', async () => {
    for (let round = 1; round <= rounds; round += 1) {
      const { user, ledger, sessionId, id } = await stage();
      for (const { stop, isDone } of kills)
        await killedAt(user, stop, isDone, { sessionId, id, tokens: counted(words).tokens });
      const last = await ledger.streamMessage({ sessionId, id, tokens: counted(words).tokens });
      expect(last.content).toBe(words.join(''));
    }
  });
});

const found = [
  { what: 'nothing', before: '', tokens: ['one ', 'two'] },
  { what: 'a beginning', before: 'one t', tokens: ['one ', 'two'] },
  { what: 'a beginning, up to a token', before: 'one ', tokens: ['one ', 'two'] },
  { what: 'all of it', before: 'one two', tokens: ['one ', 'two'] },
  { what: 'more than it', before: 'one two three', tokens: ['one ', 'two'] },
  { what: 'another text', before: 'eins ', tokens: ['one ', 'two'] },
  { what: 'another text of the same length', before: 'one TWO', tokens: ['one ', 'two'] },
  { what: 'another end', before: 'one twi', tokens: ['one ', 'two', ' three'] },
  { what: 'another text, and a longer one', before: 'eins zwei drei', tokens: ['one ', 'two'] },
  { what: 'something, and the tokens say nothing', before: 'one', tokens: [] },
  { what: 'something, and tokens are empty', before: 'one ', tokens: ['', 'one ', '', '', 'two', ''] },
  { what: 'something in one token', before: 'one ', tokens: ['one two three'] },
];

test.each(found)('a message that holds $what becomes what the tokens say', async ({ before, tokens }) => {
  const { ledger, sessionId, id } = await stage();
  await ledger.messages.start({ sessionId, id });
  if (before !== '') await ledger.messages.extend({ sessionId, messageId: id, offset: 0, delta: before });
  const message = await ledger.streamMessage({ sessionId, id, tokens: counted(tokens).tokens, interval: 0 });
  expect(message).toMatchObject({ content: tokens.join(''), status: 'COMPLETE' });
  expect(await stored(ledger, sessionId)).toEqual([message]);
});

test('a message that holds the beginning keeps it, and grows behind it', async () => {
  const { user, ledger, sessionId, id } = await stage();
  await ledger.messages.start({ sessionId, id });
  await ledger.messages.extend({ sessionId, messageId: id, offset: 0, delta: 'one two ' });
  const network = createFaultyFetch(() => 'none');
  const watching = app.ledgerOf(user, { fetch: network.fetch });
  await watching.streamMessage({ sessionId, id, tokens: ['one ', 'two ', 'three'] });
  expect(network.sent.map(({ variables }) => variables['input'])).toEqual([
    { sessionId, id },
    { sessionId, messageId: id, offset: 8, delta: 'three' },
    { sessionId, messageId: id, status: 'COMPLETE' },
  ]);
});

test('a message that is COMPLETE is returned, and no tokens are read', async () => {
  const { ledger, sessionId, id } = await stage();
  const message = await ledger.streamMessage({ sessionId, id, tokens: words });
  const { count, tokens } = counted(['something else']);
  expect(await ledger.streamMessage({ sessionId, id, tokens })).toEqual(message);
  expect(count.read).toBe(0);
});

test('a message that somebody stopped stays as it is, and no tokens are read', async () => {
  const { ledger, sessionId, id } = await stage();
  await ledger.messages.start({ sessionId, id });
  await ledger.messages.finish({ sessionId, messageId: id, status: 'CANCELLED' });
  const { count, tokens } = counted(words);
  await expect(ledger.streamMessage({ sessionId, id, tokens })).rejects.toMatchObject({
    name: 'MessageNotInProgressError',
    status: 'CANCELLED',
  });
  expect(count.read).toBe(0);
});

describe('a message that FAILED because nothing was heard of its writer is written to its end', () => {
  const failed = (ledger: ChatledgerClient, sessionId: string) =>
    until(async () => (await stored(ledger, sessionId))[0]?.status === 'FAILED');

  test('by the same call again', async () => {
    const { ledger, sessionId, id } = await stage(impatient);
    await ledger.messages.start({ sessionId, id });
    await ledger.messages.extend({ sessionId, messageId: id, offset: 0, delta: 'one ' });
    await failed(ledger, sessionId);
    const message = await ledger.streamMessage({ sessionId, id, tokens: words });
    expect(message).toMatchObject({ content: words.join(''), status: 'COMPLETE' });
  });

  test('by the writer itself, when it comes back', async () => {
    const { ledger, sessionId, id } = await stage(impatient);
    async function* tokens() {
      yield 'one ';
      await failed(ledger, sessionId);
      yield* ['two ', 'three'];
    }
    const message = await ledger.streamMessage({ sessionId, id, tokens: tokens() });
    expect(message).toMatchObject({ content: 'one two three', status: 'COMPLETE' });
  });
});

test('when the tokens fail before they have come as far as the message, it keeps its text', async () => {
  const { ledger, sessionId, id } = await stage();
  await ledger.messages.start({ sessionId, id });
  await ledger.messages.extend({ sessionId, messageId: id, offset: 0, delta: 'one two ' });
  function* tokens() {
    yield 'one ';
    throw new Error('The model is down.');
  }
  await expect(ledger.streamMessage({ sessionId, id, tokens: tokens() })).rejects.toThrow('down');
  expect(await stored(ledger, sessionId)).toMatchObject([{ content: 'one two ', status: 'FAILED' }]);
});

describe('two writers of one message at once', () => {
  const texts = [
    { what: 'the same', one: words, other: words },
    { what: 'different texts', one: words, other: words.map((word) => word.toUpperCase()) },
    { what: 'a text and its beginning', one: words, other: words.slice(0, 3) },
  ];
  test.each(texts)('say $what: the message is what one of them said', async ({ one, other }) => {
    for (let round = 0; round < 5; round += 1) {
      const { ledger, sessionId, id } = await stage();
      const write = (said: readonly string[]) =>
        ledger.streamMessage({ sessionId, id, tokens: counted(said).tokens, interval: 0 });
      const [first, second] = await Promise.all([write(one), write(other)]);
      expect(first).toEqual(second);
      expect([one.join(''), other.join('')]).toContain(first.content);
      expect(await stored(ledger, sessionId)).toEqual([first]);
    }
  });
});
