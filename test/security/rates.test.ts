import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Client, Received } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { createSession, Delete, numbers } from '../support/ledger.js';
import { SessionChanges } from '../support/session-record.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { NoStreamError, watchWays, type Watch } from '../support/watch.js';

const start = startsTestApps();
const ways = [
  ['the fast path', true],
  ['Yoga', false],
] as const;
const stream = { accept: 'text/event-stream' };

/** Does something so often, one time after the other. @returns what each came to */
async function repeated<Result>(times: number, run: () => Promise<Result>): Promise<Result[]> {
  const results = [];
  for (let time = 0; time < times; time += 1) results.push(await run());
  return results;
}

/** Holds what is true of every refusal for the rate, and gives the seconds to wait. */
function waitOf({ status, headers, errors, data }: Received<unknown>): number {
  expect(codesOf(errors, headers.get('x-request-id'))).toEqual(['RATE_LIMITED']);
  expect(errors[0]?.extensions.retryable).toBe(true);
  expect({ status, data }).toEqual({ status: 429, data: undefined });
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  return Number(headers.get('retry-after'));
}

describe.each(ways)('the rate of a viewer, over %s,', (_way, lean) => {
  // What was spent is not there again for an hour.
  const slow = { RATE_LIMIT: '1', RATE_BURST: '4000', COST_LIMIT: '4000' };
  let app: TestApp;
  beforeAll(async () => {
    app = await start(slow, lean);
  });
  /** Costs 1,500. */
  const ask = (client: Client, headers = {}) =>
    client.post(
      { query: `{ a: __schema { __typename } chatSessions(first: 498) { nodes { id } } }` },
      headers,
    );

  test('is what a burst holds; then requests are refused until there is enough', async () => {
    const client = app.as(newUser());
    expect([(await ask(client)).errors, (await ask(client)).errors]).toEqual([[], []]);
    const { result, statements } = await app.countingStatements(() => ask(client));
    const wait = waitOf(result);
    // 500 are missing, but for the seconds that this has taken.
    expect(wait).toBeLessThanOrEqual(500);
    expect(wait).toBeGreaterThan(300);
    expect(statements).toEqual([]);
    const small = await client.post({ query: '{ viewer { kind } }' });
    expect([small.status, small.errors]).toEqual([200, []]);
  });

  test('is refused in every form of answer', async () => {
    const client = app.as(newUser());
    await ask(client);
    await ask(client);
    waitOf(await ask(client, { accept: 'application/graphql-response+json' }));
    const pages = 'a: messages(first: 1000) { nodes { id } } b: messages(last: 1000) { nodes { id } }';
    const query = `subscription { userChatSessionChanges { ... on UserChatSessionMoved { chatSession { ${pages} } } } }`;
    waitOf(await client.post({ query }, stream));
  });

  test('is spent by subscriptions, and by what fails when it runs', async () => {
    const client = app.as(newUser());
    const query = `subscription ($id: ID!) { chatSessionChanges(sessionId: $id) { ... on ChatSessionUpdated { chatSession { messages(first: 1000) { nodes { id } } } } } }`;
    const variables = { id: randomUUID() };
    const answers = await repeated(4, () => client.post({ query, variables }, stream));
    expect(answers.map(({ errors }) => codesOf(errors))).toEqual([
      ['NOT_FOUND'],
      ['NOT_FOUND'],
      ['NOT_FOUND'],
      ['RATE_LIMITED'],
    ]);
  });

  test('is not spent by what is refused for what it is', async () => {
    const client = app.as(newUser());
    const tooMuch = '{ chatSessions(first: 1000) { nodes { messages { nodes { id } } } } }';
    for (const query of [tooMuch, '{ nothing }']) {
      const answers = await repeated(5, () => client.post({ query }));
      for (const { data } of answers) expect(data).toBeUndefined();
    }
    expect((await ask(client)).errors).toEqual([]);
    expect((await ask(client)).errors).toEqual([]);
  });

  test('is that of the viewer alone', async () => {
    const client = app.as(newUser());
    await repeated(3, () => ask(client));
    waitOf(await ask(client));
    expect((await ask(app.as(newUser()))).errors).toEqual([]);
  });

  test('is no concern of services, unless they are limited', async () => {
    const query = '{ a: __schema { __typename } b: __schema { __typename } c: __schema { __typename } }';
    for (const { errors } of await repeated(4, () => app.as().post({ query }))) expect(errors).toEqual([]);
    const strict = await start({ ...slow, LIMIT_SERVICES: 'on' }, lean);
    expect((await strict.as().post({ query })).errors).toEqual([]);
    waitOf(await strict.as().post({ query }));
    expect((await strict.as(newUser()).post({ query })).errors).toEqual([]);
  });

  test('is there again after the seconds that were told', async () => {
    const fast = await start({ RATE_LIMIT: '3000', RATE_BURST: '3000', COST_LIMIT: '3000' }, lean);
    const client = fast.as(newUser());
    let refused: Received<unknown> | undefined;
    while (!refused) {
      const answers = await Promise.all(numbers(20).map(() => ask(client)));
      refused = answers.find(({ errors }) => errors.length > 0);
    }
    expect(waitOf(refused)).toBe(1);
    await until(async () => (await ask(client)).errors.length === 0);
  });
});

test.each(ways)('without RATE_LIMIT nothing limits the rate, over %s', async (_way, lean) => {
  const app = await start({ COST_LIMIT: '1001' }, lean);
  const client = app.as(newUser());
  const answers = await repeated(50, () => client.post({ query: '{ __schema { __typename } }' }));
  for (const { errors } of answers) expect(errors).toEqual([]);
});

describe.each(watchWays)('live subscriptions, over $way,', ({ watch }) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start({ LIVE_LIMIT: '2' });
  });
  type Changes = Watch<unknown>;
  const begin = (user: string | undefined, sessionId: string): Promise<Changes> =>
    watch(app.url, user === undefined ? {} : { 'x-user-id': user }, SessionChanges, { sessionId });
  const list = { query: 'subscription { userChatSessionChanges { cursor } }' };

  /** What a stream comes to. A user has as many sockets as subscriptions, so one more socket is refused too. */
  async function outcome(stream: Promise<Changes>): Promise<string> {
    try {
      return (await (await stream).next())?.errors[0]?.extensions.code ?? 'begun';
    } catch (error) {
      if (error instanceof NoStreamError && error.status === 429) return 'RATE_LIMITED';
      throw error;
    }
  }

  /** Begins a stream, and stops it. */
  async function isRefused(user: string, sessionId: string): Promise<boolean> {
    const stream = begin(user, sessionId);
    const came = await outcome(stream);
    await stream.then(
      (watched) => {
        watched.stop();
      },
      () => undefined,
    );
    return came === 'RATE_LIMITED';
  }

  test('of a viewer are as many as are allowed; one more is refused, until one ends', async () => {
    const user = newUser();
    const client = app.as(user);
    const { id } = await createSession(client);
    const watched = [await begin(user, id), await begin(user, id)];
    for (const each of watched) await each.nextData();

    const refused = await client.post(list, stream);
    expect(waitOf(refused)).toBe(5);
    expect(refused.errors[0]?.message).toBe('You have 2 subscriptions. End one to begin another.');
    waitOf(await client.post(list, { accept: 'multipart/mixed;subscriptionSpec=1.0, application/json' }));
    expect((await client.post({ query: '{ viewer { kind } }' })).errors).toEqual([]);
    const other = newUser();
    const others = await createSession(app.as(other));
    expect(await isRefused(other, others.id)).toBe(false);

    watched[0]?.stop();
    // The server hears of it in its own time.
    await until(async () => !(await isRefused(user, id)));
    watched[1]?.stop();
  });

  test('are refused too when many begin at once', async () => {
    const user = newUser();
    const { id } = await createSession(app.as(user));
    const streams = numbers(10).map(() => begin(user, id));
    const codes = await Promise.all(streams.map(outcome));
    expect(codes.sort()).toEqual([...Array<string>(8).fill('RATE_LIMITED'), 'begun', 'begun']);
    for (const each of await Promise.allSettled(streams)) if (each.status === 'fulfilled') each.value.stop();
  });

  test('that did not begin do not count', async () => {
    const user = newUser();
    const client = app.as(user);
    const none = `subscription { chatSessionChanges(sessionId: "${randomUUID()}") { revision } }`;
    const bad = 'subscription ($after: String!) { userChatSessionChanges(after: $after) { cursor } }';
    const failing = [
      () => client.post({ query: none }, stream),
      () => client.post({ query: bad }, stream),
      () => client.post(list, { accept: 'application/json' }),
    ];
    const codes = [];
    for (const fail of failing)
      codes.push(...(await repeated(3, fail)).flatMap(({ errors }) => codesOf(errors)));
    expect([...new Set(codes)]).toEqual(['NOT_FOUND', 'BAD_USER_INPUT', 'NOT_ACCEPTABLE']);
    const { id } = await createSession(client);
    expect(await isRefused(user, id)).toBe(false);
  });

  test('that came to their end do not count', async () => {
    const user = newUser();
    const client = app.as(user);
    const { id } = await createSession(client);
    const watched = [await begin(user, id), await begin(user, id)];
    for (const each of watched) await each.nextData();
    expect(await isRefused(user, id)).toBe(true);
    await client.runOk(Delete, { input: { id } });
    for (const each of watched) {
      expect((await each.rest()).length).toBe(1);
      // Its socket counts until it is closed.
      each.stop();
    }
    const { id: another } = await createSession(client);
    await until(async () => !(await isRefused(user, another)));
  });

  test('whose client went away before they began do not count', async () => {
    const user = newUser();
    const { id } = await createSession(app.as(user));
    const query = `subscription { chatSessionChanges(sessionId: "${id}") { revision } }`;
    const headers = { 'content-type': 'application/json', 'x-user-id': user, ...stream };
    await Promise.all(
      numbers(20).map(async () => {
        const going = request(app.url, { method: 'POST', headers, agent: false });
        going.on('error', () => undefined);
        going.end(JSON.stringify({ query }));
        await once(going, 'finish');
        going.destroy();
      }),
    );
    await until(async () => {
      const watched = [await begin(user, id), await begin(user, id)];
      const events = await Promise.all(watched.map((each) => each.next()));
      for (const each of watched) each.stop();
      return events.every((event) => event?.errors.length === 0);
    });
  });

  test('of services are not counted', async () => {
    const { id } = await createSession(app.as(newUser()));
    const watched = await Promise.all(numbers(5).map(() => begin(undefined, id)));
    for (const each of watched) {
      await each.nextData();
      each.stop();
    }
  });
});
