import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createCredentialsCipher } from '../../src/data/credentials/cipher.js';
import { verifyLedger } from '../../src/data/verify/verify.js';
import { startChaos, type Chaos } from '../support/chaos/chaos.js';
import { Random } from '../support/chaos/random.js';
import { startRestartingServer, type RestartingServer } from '../support/chaos/servers.js';
import { readSession } from '../support/ledger.js';
import { contentsOf, readRecord } from '../support/session-record.js';
import { readList } from '../support/sidebar.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

// CHAOS_SECONDS makes it last longer. CHAOS_SEED repeats the decisions of a run that failed, though not the moments
// at which the system carried them out.
const { CHAOS_SECONDS: chosenSeconds, CHAOS_SEED: chosenSeed } = process.env;
const secondsOr = (usual: number) => (chosenSeconds ? Number(chosenSeconds) : usual);

/** Seconds in which watchers must have caught up, and in which all is read and compared. */
const aftermath = 60;

let database: TestDatabase;
let servers: readonly RestartingServer[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

test.each([
  { name: 'told of changes by NOTIFY', environment: {}, seconds: secondsOr(20) },
  {
    name: 'by polling alone',
    environment: { LIVE_NOTIFY: 'off', LIVE_POLL_MILLISECONDS: '500' },
    seconds: secondsOr(10),
  },
])(
  'watchers of two servers that are killed in turn hold what the table holds: $name',
  async ({ environment, seconds }) => {
    const seed = chosenSeed ? Number(chosenSeed) : randomInt(2 ** 32);
    try {
      const start = () =>
        startRestartingServer({ DATABASE_URL: database.url, MIGRATE: 'off', ...environment });
      servers = [await start(), await start()];
      const chaos = await startChaos(servers, new Random(seed), seconds);
      try {
        await holdsThroughout(chaos);
      } finally {
        await chaos.end();
      }
    } catch (error) {
      throw new Error(`This was CHAOS_SEED=${seed}.`, { cause: error });
    }
  },
  (secondsOr(20) + 2 * aftermath) * 1_000,
);

async function holdsThroughout(chaos: Chaos): Promise<void> {
  const kills = await chaos.over;
  const { users, watchers } = chaos;

  // Read anew each time: an update of a session whose server was killed may have been sent again, and then take
  // effect a second time, after a later one.
  let sessions: Awaited<ReturnType<typeof readSessions>> = [];
  let pairs: { held: object; stored: object | undefined }[] = [];
  const holdAllChanges = async () => {
    sessions = await readSessions(chaos);
    const records = new Map(sessions.map(({ id, record }) => [id, record]));
    pairs = watchers.map(({ sessionId, record }) => ({
      held: contentsOf(record),
      stored: records.get(sessionId),
    }));
    return watchers.every(({ sessionId, record }) => record.revision === records.get(sessionId)?.revision);
  };
  await chaos.during(inVain(until(holdAllChanges, aftermath * 1_000)));
  for (const { held, stored } of pairs) expect(held).toEqual(stored);
  for (const session of sessions) expectWhole(session);
  expectAcknowledged(chaos, sessions);

  for (const { client, lists } of users) {
    let listed: object[] = [];
    const showAllSessions = async () => {
      listed = await readList(client);
      return lists.every(({ items }) => JSON.stringify(items) === JSON.stringify(listed));
    };
    await chaos.during(inVain(until(showAllSessions, aftermath * 1_000)));
    for (const { items } of lists) expect(items).toEqual(listed);
  }

  const streams = await chaos.end();
  const { checks } = await verifyLedger(database.url, createCredentialsCipher([]), 5);
  const wrong = checks.filter(
    ({ severity, total, error }) => error !== null || (severity === 'fault' && total > 0),
  );
  expect(wrong).toEqual([]);
  const changes = sessions.reduce((sum, { record }) => sum + record.revision, 0);
  const retries = users.reduce((sum, { client }) => sum + client.retries, 0);
  // Doing nothing is no chaos; how much there is depends on the machine.
  expect(kills).toBeGreaterThanOrEqual(4);
  expect(retries).toBeGreaterThan(20);
  expect(streams).toBeGreaterThan(50);
  expect(changes).toBeGreaterThan(50);
}

/** Lets the comparison that follows show what was waited for in vain. */
function inVain(waiting: Promise<void>): Promise<void> {
  return waiting.catch(() => undefined);
}

/** What the ledger holds of all sessions. */
function readSessions({ users }: Chaos) {
  const reading = users.flatMap(({ client, sessionIds }) =>
    sessionIds.map(async (id) => {
      const { messageCount, nextSequence } = await readSession(client, id);
      return { id, messageCount, nextSequence, record: await readRecord(client, id) };
    }),
  );
  return Promise.all(reading);
}

type StoredSession = Awaited<ReturnType<typeof readSessions>>[number];

function expectWhole({ messageCount, nextSequence, record }: StoredSession): void {
  const { length } = record.messages;
  expect({ messageCount, nextSequence }).toEqual({ messageCount: length, nextSequence: length });
  expect(record.messages.map(({ sequence }) => sequence)).toEqual(record.messages.map((_, place) => place));
}

/** All that was acknowledged is there once; and nothing else, since every write was acknowledged in the end. */
function expectAcknowledged({ users }: Chaos, sessions: readonly StoredSession[]): void {
  const acknowledgements = users.flatMap(({ writers }) => writers.map(({ acknowledged }) => acknowledged));
  const messages = new Map(acknowledgements.flatMap((acknowledged) => [...acknowledged.messages]));
  const stored = sessions.flatMap(({ record }) => record.messages);
  expect(stored.map(({ id, sequence, content, status }) => ({ id, sequence, content, status }))).toEqual(
    stored.map(({ id }) => messages.get(id)),
  );
  expect(stored.length).toBe(messages.size);
  for (const { id, record } of sessions) {
    const tokens = acknowledgements.map((acknowledged) => acknowledged.tokens.get(id) ?? 0);
    expect(record.totalCompletionTokens).toBe(tokens.reduce((sum, count) => sum + count, 0));
  }
}
