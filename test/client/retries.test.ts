import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { NoAnswerError, RequestError, type ChatledgerClientOptions } from '@chatledger/client';
import { createFaultyFetch, type Fault } from '../support/faulty-fetch.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

const start = startsTestApps();
/** So that tests do not wait. */
const retry = { minDelay: 1, maxDelay: 2 };

let app: TestApp;
let user: string;
beforeAll(async () => {
  app = await start();
  user = newUser();
});

/** A client of which the requests with these numbers go wrong. */
function withFaults(faults: Record<number, Fault>, options: Partial<ChatledgerClientOptions> = {}) {
  const network = createFaultyFetch((number) => faults[number] ?? 'none');
  return { ledger: app.ledgerOf(user, { retry, fetch: network.fetch, ...options }), sent: network.sent };
}

const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json(
    { errors: [{ message: 'Not now.', extensions: { code, retryable: true, requestId: randomUUID() } }] },
    { status, headers },
  );

describe('a request that is lost, or whose answer is', () => {
  test.each(['lost request', 'lost answer'] as const)('stores what it brings once: %s', async (fault) => {
    const { ledger, sent } = withFaults({ 0: fault, 2: fault, 4: fault, 6: fault, 8: fault });
    const { chatSession } = await ledger.sessions.create({ title: 'Once' });
    const sessionId = chatSession.id;
    await ledger.messages.append({ sessionId, message: { role: 'USER', content: 'one' } });
    const messages = [
      { role: 'USER' as const, content: 'two' },
      { role: 'TOOL' as const, toolCallId: 'c' },
    ];
    await ledger.messages.appendBatch({ sessionId, messages });
    const written = { sessionId, toolCallId: 'c', content: 'three', expectedContent: null };
    const { chatMessage } = await ledger.messages.updateToolContent(written);
    await ledger.sessions.update({ id: sessionId, title: 'Still once' });

    expect(sent).toHaveLength(10);
    expect(await ledger.sessions.count()).toBe(fault === 'lost answer' ? 2 : 1);
    const page = await ledger.messages.page({ sessionId });
    expect(page?.nodes.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
    expect(chatMessage.content).toBe('three');
    expect(await ledger.sessions.get(sessionId)).toMatchObject({ title: 'Still once', messageCount: 3 });
  });

  test.each([
    ['lost request', false],
    ['lost answer', true],
  ] as const)('deletes a session, and says so: %s', async (fault, replayed) => {
    const { ledger, sent } = withFaults({ 1: fault });
    const { id } = (await ledger.sessions.create({})).chatSession;
    expect(await ledger.sessions.delete(id)).toMatchObject({ id, replayed });
    expect(sent).toHaveLength(3);
    expect(await ledger.sessions.get(id)).toBeNull();
  });

  test('is sent again with the same ids', async () => {
    const { ledger, sent } = withFaults({ 0: 'lost answer', 1: 'lost answer' });
    const { chatSession, created } = await ledger.sessions.create({});
    expect(created).toBe(false);
    expect(sent.map(({ variables }) => variables)).toEqual(
      Array.from({ length: 3 }, () => ({ input: { id: chatSession.id } })),
    );
  });

  test('is not sent again when it adds tokens, since they may have been added', async () => {
    const { ledger, sent } = withFaults({ 1: 'lost answer' });
    const { id } = (await ledger.sessions.create({})).chatSession;
    await expect(ledger.sessions.update({ id, addPromptTokens: 5 })).rejects.toMatchObject({
      code: 'NO_ANSWER',
      retryable: false,
    });
    expect(sent).toHaveLength(2);
    expect(await ledger.sessions.get(id)).toMatchObject({ totalPromptTokens: 5 });
  });

  test('is given up after so many tries, and says why', async () => {
    const lost = Object.fromEntries(
      Array.from({ length: 9 }, (_, number) => [number, 'lost request' as const]),
    );
    const { ledger, sent } = withFaults(lost, { retry: { ...retry, retries: 2 } });
    const error = await ledger.viewer().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({ message: 'No answer from the server: the network is down.' });
    expect(sent).toHaveLength(3);
    const once = withFaults(lost, { retry: false });
    await expect(once.ledger.viewer()).rejects.toBeInstanceOf(NoAnswerError);
    expect(once.sent).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test('in passing is waited for, as long as the server asks at least', async () => {
    const { ledger, sent } = withFaults({
      0: refusal(503, 'SERVICE_UNAVAILABLE'),
      1: refusal(429, 'RATE_LIMITED', { 'retry-after': '1' }),
    });
    const before = Date.now();
    await ledger.viewer();
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
    expect(sent).toHaveLength(3);
  });

  test('before anything was done is tried again with tokens too', async () => {
    const { ledger, sent } = withFaults({
      1: refusal(429, 'RATE_LIMITED'),
      3: refusal(503, 'SERVICE_UNAVAILABLE'),
    });
    const { id } = (await ledger.sessions.create({})).chatSession;
    await ledger.sessions.update({ id, addPromptTokens: 5 });
    expect(sent).toHaveLength(3);
    await expect(ledger.sessions.update({ id, addPromptTokens: 5 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(await ledger.sessions.get(id)).toMatchObject({ totalPromptTokens: 5 });
  });

  test('for good is not tried again', async () => {
    const { ledger, sent } = withFaults({});
    const error = await ledger.sessions.get('no uuid').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RequestError);
    expect(sent).toHaveLength(1);
  });

  test.each([
    [502, 'text/html', '<h1>Bad gateway</h1>', 2],
    [200, 'text/html', '<h1>Welcome to the network</h1>', 1],
    [404, 'application/json', 'null', 1],
    [504, 'application/json', '{}', 2],
  ])('of somebody else is no answer: %i %s %s', async (status, type, body, requests) => {
    const answer = () => new Response(body, { status, headers: { 'content-type': type } });
    const { ledger, sent } = withFaults({ 0: answer(), 1: answer() }, { retry: { ...retry, retries: 1 } });
    await expect(ledger.viewer()).rejects.toMatchObject({ code: 'NO_ANSWER', status });
    expect(sent).toHaveLength(requests);
  });
});

describe('a call', () => {
  test('ends with its signal, also between two tries', async () => {
    const stopping = new AbortController();
    const network = createFaultyFetch(() => {
      stopping.abort(new Error('Enough.'));
      return 'lost request';
    });
    const ledger = app.ledgerOf(user, { fetch: network.fetch, retry: { minDelay: 1e6, maxDelay: 1e6 } });
    await expect(ledger.viewer({ signal: stopping.signal })).rejects.toThrow('Enough.');
    expect(network.sent).toHaveLength(1);
    await expect(
      app.ledgerOf(user).viewer({ signal: AbortSignal.abort(new Error('Before.')) }),
    ).rejects.toThrow('Before.');
  });

  test('is not waited for longer than the time limit', async () => {
    const hang: typeof fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => {
          reject(init.signal?.reason as Error);
        });
      });
    const ledger = app.ledgerOf(user, { fetch: hang, timeout: 5, retry: false });
    await expect(ledger.viewer()).rejects.toMatchObject({
      code: 'NO_ANSWER',
      retryable: true,
      message: 'No answer within the time limit.',
    });
  });

  test('has the headers of its moment, which a function may renew with each try', async () => {
    let token = 0;
    const network = createFaultyFetch((number) => (number === 0 ? 'lost request' : 'none'));
    const headers = () => Promise.resolve({ 'x-user-id': user, 'x-token': `${(token += 1)}` });
    await app.ledgerOf(user, { retry, fetch: network.fetch, headers }).viewer();
    expect(network.sent.map((request) => request.headers.get('x-token'))).toEqual(['1', '2']);
  });

  test('whose headers can not be sent fails with what is wrong with them, once', async () => {
    const network = createFaultyFetch(() => 'none');
    const headers = { 'x-user-id': 'Łukasz' };
    const ledger = app.ledgerOf(user, { retry, fetch: network.fetch, headers });
    await expect(ledger.viewer()).rejects.toMatchObject({ name: 'TypeError' });
    await expect(ledger.sessions.watchList().next()).rejects.toMatchObject({ name: 'TypeError' });
    const failing = app.ledgerOf(user, { retry, headers: () => Promise.reject(new Error('No token.')) });
    await expect(failing.viewer()).rejects.toThrow('No token.');
    expect(network.sent).toHaveLength(0);
  });
});
