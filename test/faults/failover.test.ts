import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  applyChange,
  conversationOf,
  createChatledgerClient,
  newId,
  type ChatledgerClient,
  type Conversation,
} from '@chatledger/client';
import pg from 'pg';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.js';
import {
  baseBackup,
  missingPrograms,
  programs,
  startDebianPostgres,
  startStandby,
  type DebianPostgres,
} from '../support/debian-postgres.js';
import { graphql } from '../support/generated/gql.js';
import { startServer } from '../support/server-process.js';
import {
  contentsOf,
  readRecord,
  readUntil,
  readUntilCaughtUp,
  SessionChanges,
  SessionRecord,
} from '../support/session-record.js';
import { until } from '../support/until.js';
import { watchWays, type Watch } from '../support/watch.js';
import { report } from './report.js';

// A standby that follows asynchronously lacks the last writes that were acknowledged, and a backup all since it was
// made. Sessions then count on from an earlier revision, and give the same numbers to other changes.

jest.setTimeout(300_000);

const user = 'ann';
const headers = { 'x-user-id': user };

const Positions = graphql(`
  query FailoverPositions($id: ID!, $afterRevision: Int, $epoch: String) {
    chatSession(id: $id) {
      revision
      epoch
      changes(afterRevision: $afterRevision, epoch: $epoch) {
        revision
        epoch
        changes {
          revision
          epoch
        }
      }
    }
  }
`);

const leaving: (() => unknown)[] = [];
afterEach(async () => {
  for (const leave of leaving.splice(0).reverse()) await leave();
});

const describeWithPrograms = missingPrograms.length === 0 ? describe : describe.skip;
if (missingPrograms.length > 0)
  process.stderr.write(
    `The tests of failovers were NOT made: ${programs} has no ${missingPrograms.join(', ')}. Install postgresql-15, or name the folder of another version in POSTGRES_PROGRAMS.\n`,
  );

async function running<Server extends Pick<DebianPostgres, 'stop'>>(
  starting: Promise<Server>,
): Promise<Server> {
  const server = await starting;
  leaving.push(() => server.stop());
  return server;
}

async function ask(url: string, text: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows[0] ?? {};
  } finally {
    await client.end();
  }
}

/** A server of Chatledger, and a way from it to the database that can be led elsewhere. */
async function scene() {
  const primary = await running(startDebianPostgres());
  const way = await startDatabaseProxy(primary.url);
  leaving.push(() => way.close());
  const server = await startServer({ DATABASE_URL: way.url, LIVE_POLL_MILLISECONDS: '1000' });
  leaving.push(async () => {
    server.kill('SIGKILL');
    await server.exited;
  });
  const { url } = server;
  const retry = { retries: 100, minDelay: 50, maxDelay: 300 };
  const ledger = createChatledgerClient({ url, headers, retry });
  return { primary, way, server, url, ledger };
}

type Ledger = ChatledgerClient;

const say = (ledger: Ledger, sessionId: string, ...contents: string[]) =>
  ledger.messages.appendBatch({
    sessionId,
    messages: contents.map((content) => ({ role: 'USER' as const, content })),
  });

/** A client that holds a conversation and applies whatever the SDK tells it. */
async function follower(ledger: Ledger, sessionId: string) {
  const [session, page] = [await ledger.sessions.get(sessionId), await ledger.messages.page({ sessionId })];
  if (!session || !page) throw new Error('It is there.');
  let conversation = conversationOf(session, page);
  const types: string[] = [];
  const { revision: afterRevision, epoch } = conversation;
  const end = (async () => {
    for await (const change of ledger.sessions.watch(sessionId, { afterRevision, epoch })) {
      types.push(change.__typename);
      conversation = applyChange(conversation, change);
      if (contents(conversation).includes('last')) break;
    }
  })();
  return { end, types, held: () => conversation };
}

const contents = ({ messages }: Conversation) => messages.map(({ content }) => content);

/** What a watcher without the SDK holds, up to where its stream says that it must read anew. */
async function heldUntilConflict(stream: Watch<{ chatSessionChanges: unknown }>) {
  for (let event = await stream.next(); event; event = await stream.next()) {
    const [error] = event.errors;
    if (error) {
      expect(error.extensions).toMatchObject({ code: 'CONFLICT', retryable: false });
      expect(await stream.next()).toBeUndefined();
      return;
    }
  }
  throw new Error('The stream ended without a word.');
}

/** Everybody who follows a session in every way, brought up to date. */
async function watchers({ url, ledger, server }: Awaited<ReturnType<typeof scene>>, sessionId: string) {
  const raw = await Promise.all(
    watchWays.map(async ({ way, watch }) => {
      const stream = await watch(url, headers, SessionChanges, { sessionId, afterRevision: 0 });
      const record = new SessionRecord();
      await readUntilCaughtUp(stream, record);
      return { way, watch, stream, record };
    }),
  );
  const client = server.as(user);
  const position = async () => {
    const { chatSession } = await client.runOk(Positions, { id: sessionId });
    if (!chatSession) throw new Error('It is there.');
    return chatSession.changes;
  };
  return { raw, client, position, sdk: await follower(ledger, sessionId) };
}

/**
 * Lets everybody see writes that the database to come does not have, then replaces it, and looks at what all hold.
 *
 * @returns how many writes were acknowledged and are there
 */
async function replaced(
  stage: Awaited<ReturnType<typeof scene>>,
  sessionId: string,
  replace: () => Promise<void>,
): Promise<number> {
  const { ledger, url } = stage;
  const { raw, client, position, sdk } = await watchers(stage, sessionId);
  const list = ledger.sessions.watchList();
  const listIsStarted = async () => {
    for (let isStart = false; !isStart;) {
      const { value: change } = await list.next();
      isStart = change?.__typename === 'UserChatSessionsCaughtUp' && change.isStart;
    }
  };
  await listIsStarted();
  const lost = ['lost 1', 'lost 2', 'lost 3', 'lost 4', 'lost 5'];
  for (const content of lost) await say(ledger, sessionId, content);
  const { revision } = await position();
  for (const { stream, record } of raw) await readUntil(stream, record, revision);
  await until(() => contents(sdk.held()).includes('lost 5'));
  // A tab that has read, and does not follow yet; and one that polls.
  const page = await ledger.messages.page({ sessionId });
  const session = await ledger.sessions.get(sessionId);
  if (!page || !session) throw new Error('It is there.');
  const polled = await position();
  expect(polled).toMatchObject({ revision: page.revision, epoch: page.epoch });

  await replace();

  // Beyond the revision that everybody holds, so that the number alone says nothing.
  for (const content of ['a', 'b', 'c', 'd', 'e', 'f']) await say(ledger, sessionId, content);
  expect((await position()).revision).toBeGreaterThan(revision);
  expect((await position()).epoch).not.toBe(polled.epoch);
  const { errors } = await client.run(Positions, {
    id: sessionId,
    afterRevision: polled.revision,
    epoch: polled.epoch,
  });
  expect(errors).toMatchObject([{ extensions: { code: 'CONFLICT', retryable: false } }]);
  for (const { stream, watch } of raw) {
    await heldUntilConflict(stream);
    // The same for a stream that is resumed with the position that it had.
    const again = await watch(url, headers, SessionChanges, {
      sessionId,
      afterRevision: polled.revision,
      epoch: polled.epoch,
    });
    await heldUntilConflict(again);
  }
  const tab = conversationOf(session, page);
  const late = ledger.sessions.watch(sessionId, { afterRevision: tab.revision, epoch: tab.epoch });
  const first = await late.next();
  await late.return();
  expect(first.value).toMatchObject({ __typename: 'ChatSessionReplaced' });

  // The list is begun anew, too.
  await listIsStarted();
  await list.return();

  // All read anew, and follow on.
  const anew = await Promise.all(
    raw.map(async ({ watch }) => {
      const { epoch } = await position();
      const record = SessionRecord.holding(await readRecord(client, sessionId));
      const after = { afterRevision: record.revision, epoch };
      const stream = await watch(url, headers, SessionChanges, { sessionId, ...after });
      await readUntilCaughtUp(stream, record);
      return { stream, record };
    }),
  );
  await say(ledger, sessionId, 'last');
  await sdk.end;
  const stored = await readRecord(client, sessionId);
  for (const { stream, record } of anew) {
    await readUntil(stream, record, stored.revision);
    expect(contentsOf(record)).toEqual(stored);
    stream.stop();
  }
  const expected = stored.messages.map(({ content }) => content);
  expect(expected.filter((content) => lost.includes(content ?? ''))).toEqual([]);
  expect(contents(sdk.held())).toEqual(expected);
  expect(sdk.types.filter((type) => type === 'ChatSessionReplaced')).toHaveLength(1);
  return expected.length;
}

/** An answer that is being written, and has come to its first word. */
async function aStream(ledger: Ledger, sessionId: string) {
  const words = new PassThrough({ encoding: 'utf8' });
  const id = newId();
  const answer = ledger.streamMessage({ sessionId, id, tokens: words, interval: 1 });
  answer.catch(() => undefined);
  let text = '';
  const said = async (word: string) => {
    words.write(word);
    text += word;
    await until(async () => {
      const node = await ledger.node(id);
      return node?.__typename === 'ChatMessage' && node.content === text;
    });
  };
  await said('one ');
  return {
    said,
    end: (word: string) => {
      words.end(word);
      return answer;
    },
  };
}

const survived = (fault: string, acknowledged: number) =>
  report({ fault, times: 1, requests: acknowledged, codes: {}, slowest: 0, acknowledged });

/** A standby of the primary, which can be cut off from it. */
async function follows(primary: DebianPostgres): Promise<{ standby: DebianPostgres; link: DatabaseProxy }> {
  const link = await startDatabaseProxy(primary.url);
  leaving.push(() => link.close());
  const standby = await running(startStandby(link.url));
  return { standby, link };
}

/** Until the standby has all that the primary has, and nothing after it. */
async function cutOff(primary: DebianPostgres, { standby, link }: Awaited<ReturnType<typeof follows>>) {
  const { lsn } = await ask(primary.url, 'SELECT pg_current_wal_flush_lsn() AS lsn');
  await until(async () => {
    const { there } = await ask(standby.url, `SELECT pg_last_wal_replay_lsn() >= '${String(lsn)}' AS there`);
    return there === true;
  });
  await link.close();
}

describeWithPrograms('a database that lacks what was acknowledged takes over', () => {
  test('a standby that followed asynchronously: everybody is told, and holds what it has', async () => {
    const stage = await scene();
    const { primary, way, ledger } = stage;
    const { id } = (await ledger.sessions.create({ title: 'Weather' })).chatSession;
    await say(ledger, id, 'kept 1', 'kept 2');
    // One answer of which the standby will have the beginning, and one of which it will have nothing.
    const streamed = (await ledger.sessions.create({})).chatSession;
    const begun = await aStream(ledger, streamed.id);
    const followed = await follows(primary);
    await cutOff(primary, followed);
    // A session that nothing will be left of.
    const gone = (await ledger.sessions.create({ title: 'gone' })).chatSession;
    const ofGone = await watchers(stage, gone.id);
    const epochOf = ({ url }: DebianPostgres) => ask(url, 'SELECT chatledger_epoch()');
    const before = await epochOf(primary);
    // What the standby has so far, the primary has too.
    expect(await epochOf(followed.standby)).toEqual(before);
    const streams = [begun, await aStream(ledger, streamed.id)];
    for (const { said } of streams) await said('two ');
    const kept = await replaced(stage, id, async () => {
      await primary.kill();
      await ask(followed.standby.url, 'SELECT pg_promote()');
      expect(await epochOf(followed.standby)).not.toEqual(before);
      way.leadTo(followed.standby.url);
    });
    for (const { end } of streams)
      expect(await end(' three')).toMatchObject({ content: 'one two  three', status: 'COMPLETE' });
    for (const { stream } of ofGone.raw) await heldUntilConflict(stream);
    await ofGone.sdk.end;
    expect(ofGone.sdk.types.at(-1)).toBe('ChatSessionDeleted');
    expect(ofGone.sdk.held()).toMatchObject({ session: null, messages: [] });
    await survived('asynchronous standby takes over, without the last writes: all watchers are told', kept);
  });

  test('a base backup that is restored to its point in time: everybody is told, and holds what it has', async () => {
    const stage = await scene();
    const { primary, way, ledger } = stage;
    const { id } = (await ledger.sessions.create({ title: 'Weather' })).chatSession;
    await say(ledger, id, 'kept 1', 'kept 2');
    const backup = await baseBackup(primary.url);
    const kept = await replaced(stage, id, async () => {
      await primary.kill();
      const restored = await running(backup.restore());
      await until(async () => {
        const { recovers } = await ask(restored.url, 'SELECT pg_is_in_recovery() AS recovers');
        return recovers === false;
      });
      way.leadTo(restored.url);
    });
    await survived('backup restored to its point in time: all watchers are told', kept);
  });

  test('a synchronous standby loses nothing that was acknowledged, and everybody is told all the same', async () => {
    const stage = await scene();
    const { primary, way, ledger, server } = stage;
    const { id } = (await ledger.sessions.create({ title: 'Weather' })).chatSession;
    const { standby } = await follows(primary);
    await ask(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await ask(primary.url, 'SELECT pg_reload_conf()');
    await until(async () => {
      const { found } = await ask(
        primary.url,
        "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') AS found",
      );
      return found === true;
    });
    const sdk = await follower(ledger, id);
    const acknowledged: string[] = [];
    let isOver = false;
    const writers = ['a', 'b', 'c', 'd'].map(async (writer) => {
      for (let n = 1; !isOver; n += 1) {
        const content = `${writer} ${n}`;
        await ledger.messages.append({ sessionId: id, message: { role: 'USER', content } });
        acknowledged.push(content);
      }
    });
    await until(() => acknowledged.length >= 40);
    await primary.kill();
    await ask(standby.url, 'SELECT pg_promote()');
    way.leadTo(standby.url);
    const before = acknowledged.length;
    await until(() => acknowledged.length >= before + 20);
    isOver = true;
    await Promise.all(writers);
    await say(ledger, id, 'last');
    await sdk.end;
    const { messages } = await readRecord(server.as(user), id);
    const stored = messages.map(({ content }) => content);
    expect([...stored].sort()).toEqual([...acknowledged, 'last'].sort());
    expect(sdk.types).toContain('ChatSessionReplaced');
    expect(contents(sdk.held())).toEqual(stored.slice(-sdk.held().messages.length));
    await survived('synchronous standby takes over', acknowledged.length);
  });
});
