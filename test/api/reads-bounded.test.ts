import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { messageCursor, sessionCursor } from '../../src/ledger/cursor.js';
import { graphql } from '../support/generated/gql.js';
import { Append, AppendBatch, fromUser, numbers } from '../support/ledger.js';
import { explain, planCases, type PlanMode, type Scan } from '../support/plans.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import type { TestDatabase } from '../support/test-database.js';

// What a request reads depends on what it asks for, and not on how much there is: neither in the session nor in the
// list. Whatever statements the server chooses for a request that comes often are looked at.

const users = [
  { name: 'somebody with short sessions', sessions: 20, messages: 40 },
  { name: 'somebody with long sessions', sessions: 20, messages: 40_000 },
];
/** Sessions of somebody with a long list: all but the newest hold nothing. */
const list = { name: 'somebody with many sessions', sessions: 20_000, filled: 20, messages: 40 };
/** Among all of those, so that the planner takes any session for a short one. */
const others = { name: 'others', sessions: 20_000, messages: 3 };
/** Rows that a look-up by id counts for: one of the index and one of the table, when it is a bitmap. */
const lookUp = 2;
const begin = new Date('2026-01-01T00:00:00Z');

graphql(`
  fragment ReadsMessage on ChatMessage {
    id
    sequence
    role
    content
    toolCallId
    toolCalls
    createdAt
  }
`);
graphql(`
  fragment ReadsPage on ChatMessageConnection {
    nodes {
      id
      sequence
      content
    }
    pageInfo {
      hasPreviousPage
      hasNextPage
    }
  }
`);
const Newest = graphql(`
  query ReadsNewest($id: ID!) {
    chatSession(id: $id) {
      id
      title
      messageCount
      messages(last: 40) {
        totalCount
        nodes {
          ...ReadsMessage
        }
      }
    }
  }
`);
const Middle = graphql(`
  query ReadsMiddle($id: ID!, $before: String!) {
    chatSession(id: $id) {
      id
      messages(last: 20, before: $before) {
        ...ReadsPage
      }
    }
  }
`);
const Sessions = graphql(`
  query ReadsSessions($after: String) {
    chatSessions(first: 20, after: $after) {
      nodes {
        id
        title
        messageCount
        updatedAt
        messages(last: 20) {
          nodes {
            ...ReadsMessage
          }
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
      }
    }
  }
`);

const Middles = graphql(`
  query ReadsMiddles($before: String!) {
    chatSessions(last: 20) {
      nodes {
        id
        messages(last: 20, before: $before) {
          ...ReadsPage
        }
      }
      pageInfo {
        hasPreviousPage
      }
    }
  }
`);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await fill(app.database.sql);
}, 180_000);
afterAll(() => app.close());

describe.each(planCases)('%s, %s:', (_name, mode, prepare) => {
  beforeAll(() => app.database.sql.query(prepare));

  test.each([...users, list])(
    '20 sessions with 20 messages each of $name read 400 messages',
    async ({ name }) => {
      const { result, reads } = await readsOf(mode, () => app.as(name).runOk(Sessions, { after: null }));
      expect(result.chatSessions.nodes.flatMap(({ messages }) => messages.nodes)).toHaveLength(400);
      expect(reads('ChatMessage')).toBe(400);
      expect(reads('ChatSession')).toBeLessThanOrEqual(21);
    },
  );

  test('a page in the middle of a long list of sessions reads as many of them', async () => {
    const middle = {
      updatedAt: new Date(begin.getTime() + (list.sessions / 2) * 60_000).toISOString(),
      id: randomUUID(),
    };
    const { result, reads } = await readsOf(mode, () =>
      app.as(list.name).runOk(Sessions, { after: sessionCursor.encode(middle) }),
    );
    expect(result.chatSessions.nodes).toHaveLength(20);
    expect(reads('ChatMessage')).toBe(0);
    expect(reads('ChatSession')).toBeLessThanOrEqual(21 + 20 + 1);
  });

  test.each(users)('the newest messages of a session of $name read one more than they are', async (user) => {
    const { result, reads } = await readsOf(mode, () => app.as(user.name).runOk(Newest, { id: idOf(user) }));
    expect(result.chatSession?.messages.nodes).toHaveLength(40);
    expect(reads('ChatMessage')).toBeLessThanOrEqual(41);
    expect(reads('ChatSession')).toBeLessThanOrEqual(2 * lookUp);
  });

  test.each(users)(
    'a page in the middle of a session of $name reads three more than it has',
    async (user) => {
      const id = idOf(user);
      const before = messageCursor.encode(user.messages / 2 + 10);
      const { result, reads } = await readsOf(mode, () => app.as(user.name).runOk(Middle, { id, before }));
      expect(result.chatSession?.messages.nodes).toHaveLength(20);
      expect(reads('ChatMessage')).toBeLessThanOrEqual(20 + 1 + 2);
      expect(reads('ChatSession')).toBeLessThanOrEqual(3 * lookUp);
    },
  );

  test.each(users)('pages in the middle of 20 sessions of $name read three times more', async (user) => {
    const before = messageCursor.encode(user.messages / 2 + 10);
    const { result, reads } = await readsOf(mode, () => app.as(user.name).runOk(Middles, { before }));
    expect(result.chatSessions.nodes.flatMap(({ messages }) => messages.nodes)).toHaveLength(400);
    expect(reads('ChatMessage')).toBeLessThanOrEqual(20 * (20 + 1 + 2));
    expect(reads('ChatSession')).toBeLessThanOrEqual(21 + 20 + 20);
  });

  test.each(users)('appends to a session of $name read no message', async (user) => {
    // Another one than those that are read: dead rows of the session count when its index is looked up.
    const id = idOf(user, 2);
    const client = app.as(user.name);
    const appends = [
      () => client.runOk(Append, { input: { sessionId: id, message: { role: 'USER', content: 'one' } } }),
      () =>
        client.runOk(AppendBatch, {
          input: { sessionId: id, messages: fromUser(...numbers(20).map(String)) },
        }),
    ];
    for (const append of appends) {
      const { reads } = await readsOf<unknown>(mode, append);
      expect(reads('ChatMessage')).toBe(0);
      expect(reads('ChatSession')).toBeLessThanOrEqual(2 * lookUp);
    }
  });
});

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('%s, after the statistics:', (mode) => {
  const newcomer = { ...list, name: `somebody whom the planner does not know (${mode})` };
  beforeAll(async () => {
    await app.database.sql.query('ANALYZE');
    await addSessions(app.database.sql, newcomer);
  });

  test('20 sessions of somebody who has got many since do not read the others', async () => {
    const { result, reads } = await readsOf(mode, () =>
      app.as(newcomer.name).runOk(Sessions, { after: null }),
    );
    expect(result.chatSessions.nodes.flatMap(({ messages }) => messages.nodes)).toHaveLength(400);
    expect(reads('ChatMessage')).toBeLessThanOrEqual(420);
    expect(reads('ChatSession')).toBeLessThanOrEqual(21 + 20 + 1);
  });
});

/**
 * What a request answers that comes for the fourth time, since what comes often may be answered by other statements;
 * and how many rows of a table these read, as they are planned in that mode.
 */
async function readsOf<Result>(mode: PlanMode, run: () => Promise<Result>) {
  for (let n = 0; n < 3; n++) await run();
  const { result, statements } = await app.recordingStatements(run);
  const client = await app.database.sql.connect();
  const scans: Scan[] = [];
  try {
    for (const statement of statements) scans.push(...(await explain(client, mode, statement)).scans);
  } finally {
    client.release();
  }
  // Other tables hold nothing here, and are read as they come.
  const ledger = scans.filter(({ table }) => table === 'ChatSession' || table === 'ChatMessage');
  expect(ledger).not.toEqual([]);
  expect(ledger.filter(({ node }) => node === 'Seq Scan')).toEqual([]);
  const reads = (table: string) =>
    ledger.filter((scan) => scan.table === table).reduce((sum, { rows }) => sum + rows, 0);
  return { result, reads };
}

/** A session of a user: the oldest, unless told otherwise. */
function idOf({ name }: { readonly name: string }, n = 1): string {
  const hash = createHash('md5').update(`${name} ${n}`).digest('hex');
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

async function fill(sql: TestDatabase['sql']): Promise<void> {
  // Nobody gathers statistics in between.
  for (const table of ['ChatSession', 'ChatMessage'])
    await sql.query(`ALTER TABLE "${table}" SET (autovacuum_enabled = off)`);
  await addSessions(sql, others);
  for (const user of users) await addSessions(sql, user);
  await addSessions(sql, list);
}

/** Sessions of a user, a minute apart. Those that are not filled, the oldest, hold nothing. */
async function addSessions(
  sql: TestDatabase['sql'],
  { name, sessions, messages, filled = sessions }: (typeof users)[number] & { readonly filled?: number },
): Promise<void> {
  await sql.query(
    `INSERT INTO "ChatSession" (id, "userId", "messageCount", "nextSequence", revision, "updatedAt")
     SELECT md5($1 || ' ' || n)::uuid, $1, held, held, held,
       $2::timestamptz + n * interval '1 minute'
     FROM generate_series(1, $3::int) n, LATERAL (SELECT CASE WHEN n > $3::int - $5::int THEN $4::int ELSE 0 END) AS of(held)`,
    [name, begin, sessions, messages, filled],
  );
  await sql.query(
    `INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, revision, "appendedRevision", "bodyHash", "createdAt", "updatedAt")
     SELECT gen_random_uuid(), md5($1 || ' ' || s)::uuid, n - 1, 'user', 'short', n, n, '', $2::timestamptz, $2::timestamptz
     FROM generate_series($3::int - $5::int + 1, $3::int) s, generate_series(1, $4::int) n`,
    [name, begin, sessions, messages, filled],
  );
}
