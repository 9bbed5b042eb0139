import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { send } from '../support/raw-http.js';
import { SessionChanges } from '../support/session-record.js';
import { newUser, startsTestApps, useTestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { watchEvents as watch } from '../support/watch.js';

const json = { 'content-type': 'application/json' };
const events = { ...json, accept: 'text/event-stream' };
const origin = 'https://app.example.com';

const app = useTestApp({ CORS_ORIGINS: origin, LIVE_POLL_MILLISECONDS: '100' });

async function newSession() {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  const headers = { 'x-user-id': user };
  return { id, client, headers, watch: () => watch(app.url, headers, SessionChanges, { sessionId: id }) };
}

const bodyFor = (sessionId: string) =>
  JSON.stringify({ query: SessionChanges.toString(), variables: { sessionId } });

describe('the head of a stream', () => {
  test('keeps proxies from holding it back and browsers from keeping it', async () => {
    const { id, headers } = await newSession();
    const stream = await watch(app.url, { ...headers, origin }, SessionChanges, { sessionId: id });
    const got = (name: string) => stream.headers.get(name);
    expect(got('content-type')).toBe('text/event-stream');
    expect(got('cache-control')).toBe('private, no-store, no-transform');
    expect(got('x-accel-buffering')).toBe('no');
    expect(got('content-encoding')).toBeNull();
    expect(got('content-length')).toBeNull();
    expect(got('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(got('access-control-allow-origin')).toBe(origin);
    stream.stop();
  });

  test.each([
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, multipart/mixed', 'text/event-stream'],
    ['multipart/mixed, text/event-stream', 'text/event-stream'],
    ['text/*', 'text/event-stream'],
    ['*/*', 'text/event-stream'],
    ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json;q=0.9', 'multipart/mixed'],
    ['multipart/*', 'multipart/mixed'],
  ])('for who accepts %s says %s', async (accept, type) => {
    const { id, headers } = await newSession();
    const stopping = new AbortController();
    const response = await fetch(app.url, {
      method: 'POST',
      headers: { ...headers, ...json, accept },
      body: bodyFor(id),
      signal: stopping.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    stopping.abort();
  });

  test.each([
    ['application/json'],
    ['application/graphql-response+json, application/json'],
    ['application/*'],
  ])('is not for who accepts %s, and nothing is read for it', async (accept) => {
    const { id, headers } = await newSession();
    const { result, statements } = await app.countingStatements(() =>
      send(app.origin, '/graphql', {
        method: 'POST',
        headers: { ...headers, ...json, accept },
        body: bodyFor(id),
      }),
    );
    expect(result.status).toBe(406);
    const { errors } = JSON.parse(result.text) as { errors: ReceivedError[] };
    expect(codesOf(errors, String(result.headers['x-request-id']))).toEqual(['NOT_ACCEPTABLE']);
    expect(statements).toEqual([]);
  });

  test('is not had by HEAD', async () => {
    const { id, headers } = await newSession();
    const path = `/graphql?query=${encodeURIComponent(`subscription { chatSessionChanges(sessionId: "${id}") { revision } }`)}`;
    const answer = await send(app.origin, path, {
      method: 'HEAD',
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(answer).toMatchObject({ status: 405, text: '' });
  });
});

describe('while nothing happens', () => {
  test('a stream says that it is alive', async () => {
    const stream = await (await newSession()).watch();
    await stream.nextData();
    const before = stream.comments;
    const nothing = stream.next().catch(() => undefined);
    await until(() => stream.comments >= before + 3);
    stream.stop();
    await nothing;
  });
});

/** Whether somebody watches a session: then its revision is asked for at each poll. */
async function isWatched(): Promise<boolean> {
  const { statements } = await app.countingStatements(async () => {
    // One may be under way that began before.
    await nextPoll();
    await nextPoll();
  });
  return statements.includes('session_revisions');
}

/** Polls come every 100 ms. One that has nothing to ask for shows in nothing, so there is only the clock to go by. */
const nextPoll = () => setTimeout(110);

describe('a client that goes away', () => {
  test('while it waits is watched for no more', async () => {
    const { watch: begin } = await newSession();
    const streams = await Promise.all([begin(), begin()]);
    for (const stream of streams) await stream.nextData();
    await until(isWatched);
    for (const stream of streams) stream.stop();
    await until(async () => !(await isWatched()));
  });

  test('before its stream is there leaves nothing behind', async () => {
    const { id, headers } = await newSession();
    const holder = await app.database.sql.connect();
    await holder.query('BEGIN; LOCK TABLE "ChatSession" IN ACCESS EXCLUSIVE MODE');
    const open = request(app.url, { method: 'POST', headers: { ...headers, ...events } });
    open.on('error', () => undefined);
    open.end(bodyFor(id));
    await until(async () => {
      const { rows } = await app.database.sql.query(`SELECT FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()`);
      return rows.length === 1;
    });
    open.destroy();
    await until(() => app.log.some((line) => line['path'] === '/graphql' && line['status'] === undefined));
    await holder.query('COMMIT');
    holder.release();
    expect(await isWatched()).toBe(false);
  });

  test('in the middle of what it is sent is watched for no more', async () => {
    const { id, client, headers } = await newSession();
    for (const n of numbers(3)) await appended(client, id, fromUser(`${n} ${'x'.repeat(900_000)}`));
    const open = request(app.url, { method: 'POST', headers: { ...headers, ...events } });
    open.end(
      JSON.stringify({ query: SessionChanges.toString(), variables: { sessionId: id, afterRevision: 0 } }),
    );
    const [response] = (await once(open, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'readable');
    await until(isWatched);
    response.destroy();
    await until(async () => !(await isWatched()));
  });
});

describe('a server that stops', () => {
  const start = startsTestApps();

  test('completes its streams, and is not held up by connections that would go on', async () => {
    // Those that are not completed would hold it up for half an hour.
    const server = await start({ STOP_TIMEOUT_SECONDS: '3600' });
    const user = newUser();
    const { id } = await createSession(server.as(user));
    const streams = await Promise.all(
      numbers(50).map(() => watch(server.url, { 'x-user-id': user }, SessionChanges, { sessionId: id })),
    );
    for (const stream of streams) await stream.nextData();
    const rests = streams.map((stream) => stream.rest());
    await server.stop();
    expect(await Promise.all(rests)).toEqual(numbers(50).map(() => []));
  });
});

describe('a database that breaks off', () => {
  test('delays what a watcher is told, and ends nothing', async () => {
    const { id, client, watch: begin } = await newSession();
    const stream = await begin();
    await stream.nextData();
    for (const round of numbers(3)) {
      await app.database.sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      await until(() =>
        appended(client, id, fromUser(`after break ${round}`)).then(
          () => true,
          () => false,
        ),
      );
      expect(await stream.nextData()).toMatchObject({
        chatSessionChanges: { chatMessages: [{ content: `after break ${round}` }] },
      });
    }
    stream.stop();
  });
});
