// What a migration of a million messages takes while the version before serves clients: how long each step takes, which
// locks it holds, and what the clients see. Needs a checkout of the version before, built, and the database that
// DATABASE_URL names, whose user may create databases; makes one of its own beside it.
//   node bench/migration.js ../before [users, each with 2,000 messages: 500]
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadData } from './data/load.js';
import { startServer } from '../scripts/measure-live/server.js';
import { table } from '../scripts/table.js';
import { connect, createTemporaryDatabase } from '../scripts/temporary-database.js';

const [before, users = '500'] = process.argv.slice(2);
const programs = {
  before: path.resolve(before, 'dist/main.js'),
  now: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
};
/** Milliseconds of clients before the migration and after it. */
const calm = 10_000;
/** Those that writes wait for. The last one keeps reads waiting too. */
const modes = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];
const tables = ['ChatSession', 'ChatMessage', 'ChatMessageStream', 'ChatMessageChunk'];

const Create = 'mutation ($id: ID!) { createChatSession(input: { id: $id }) { __typename } }';
const Append = `mutation ($sessionId: ID!, $id: ID!, $content: String!) {
  appendChatMessage(input: { sessionId: $sessionId, message: { id: $id, role: USER, content: $content } }) {
    ... on AppendChatMessageSuccess { chatMessage { sequence } } ... on Error { code }
  }
}`;
const Read = `query ($sessionId: ID!) {
  chatSession(id: $sessionId) { messages(last: 40) { nodes { id status content } } }
}`;
const Start = `mutation ($sessionId: ID!, $id: ID!) {
  startChatMessage(input: { sessionId: $sessionId, id: $id }) { __typename ... on Error { code } }
}`;
const Extend = `mutation ($id: ID!, $offset: Int!) {
  extendChatMessage(input: { messageId: $id, offset: $offset, delta: "piece " }) {
    ... on ExtendChatMessageSuccess { length } ... on Error { code }
  }
}`;
const Finish = `mutation ($id: ID!) {
  finishChatMessage(input: { messageId: $id, status: COMPLETE }) { __typename ... on Error { code } }
}`;

const { url, drop } = await createTemporaryDatabase('measure_migration');
try {
  await measure();
} finally {
  await drop();
}

async function measure() {
  await migrateWith(programs.before);
  const sql = await connect(url);
  await loadData(sql, { users: Number(users) });
  const { rows } = await sql.query('SELECT count(*)::int AS messages FROM "ChatMessage"');
  const server = await startServer(url, {}, programs.before);
  const traffic = startTraffic(server);
  const locks = watchLocks(sql);
  await sleep(calm);
  const begun = Date.now();
  await migrateWith(programs.now);
  const ended = Date.now();
  await sleep(calm);
  await locks.stop();
  const steps = await stepsAfter(sql, begun);
  // The way back: the version before, started on the schema of this one.
  const again = await startServer(url, {}, programs.before);
  const returned = startTraffic(again);
  await sleep(calm);
  await Promise.all([traffic.stop(), returned.stop()]);
  await Promise.all([server.stop(), again.stop()]);

  console.log(`${rows[0].messages.toLocaleString('en')} messages\n`);
  console.log(
    table(
      ['step', 'ms'],
      steps.map(({ name, from, to }) => [name, String(to - from)]),
    ),
  );
  console.log(`\n${locks.toTable(steps)}\n`);
  const phases = [
    ['before', begun - calm, begun],
    ...steps.map(({ name, from, to }) => [name, from, to]),
    ['after', ended, ended + calm],
  ];
  const lines = phases.flatMap(([phase, from, to]) => traffic.report(phase, from, to));
  console.log(
    table(
      ['while', 'requests', 'sent', 'failed', 'p50 ms', 'p99 ms', 'longest ms'],
      [...lines, ...returned.report('started again', 0, Infinity)],
      2,
    ),
  );
  await verify();
  await sql.end();
}

/** @throws when what is stored is not sound, apart from what the loaded messages lack: hashes, and revisions of their own */
async function verify() {
  const run = promisify(execFile)(process.execPath, [programs.now, 'verify', '--json'], environment());
  const { stdout } = await run.catch((error) => error);
  const faults = JSON.parse(stdout).checks.filter(
    ({ name, severity, total }) =>
      severity === 'fault' && total > 0 && !['bodies', 'shared-revisions'].includes(name),
  );
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  console.log('\nchatledger verify finds no fault.');
}

function environment() {
  return { env: { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'warn' } };
}

async function migrateWith(program) {
  await promisify(execFile)(process.execPath, [program, 'migrate'], environment());
}

async function stepsAfter(sql, time) {
  const { rows } = await sql.query(
    `SELECT migration_name AS name, started_at AS "from", finished_at AS "to" FROM _prisma_migrations
     WHERE started_at >= $1 ORDER BY started_at`,
    [new Date(time)],
  );
  return rows.map(({ name, from, to }) => ({
    name: name.replace(/^\d+_/, ''),
    from: from.getTime(),
    to: to.getTime(),
  }));
}

/** Notes each 10 ms which tables the migration has locked, or waits for. */
function watchLocks(sql) {
  const seen = new Map();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const { rows } = await sql.query(
        `SELECT c.relname AS relation, l.mode, l.granted, clock_timestamp() AS at
         FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
         WHERE a.datname = current_database() AND a.application_name = 'chatledger migrate' AND c.relname = ANY($1) AND l.mode = ANY($2)`,
        [tables, modes],
      );
      for (const { relation, mode, granted, at } of rows) {
        const key = JSON.stringify([relation, mode, granted]);
        seen.set(key, [...(seen.get(key) ?? []), at.getTime()]);
      }
      await sleep(10);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
    },
    toTable(steps) {
      const lines = steps.flatMap(({ name, from, to }) =>
        [...seen].flatMap(([key, times]) => {
          const [relation, mode, granted] = JSON.parse(key);
          const within = times.filter((time) => time >= from && time <= to);
          if (within.length === 0) return [];
          const held = within.at(-1) - within[0];
          return [[name, relation, granted ? mode : `waits for ${mode}`, String(held)]];
        }),
      );
      return table(['step', 'table', 'lock', 'seen for ms'], lines, 3);
    },
  };
}

/** Clients of the version before, each with a session of its own: some append and read, some stream answers. */
function startTraffic(server) {
  const done = { appends: [], reads: [], pieces: [] };
  let isOver = false;

  async function send(kind, user, query, variables) {
    const from = Date.now();
    const begin = performance.now();
    const answer = await server.run(user, query, variables).catch((error) => ({ error: String(error) }));
    const failed = JSON.stringify(answer).match(/"(?:error|code)":"([^"]*)/)?.[1];
    if (kind) done[kind].push({ from, took: performance.now() - begin, failed });
  }

  async function converse() {
    const [user, sessionId] = [`user ${randomUUID()}`, randomUUID()];
    await send(null, user, Create, { id: sessionId });
    while (!isOver) {
      await send('appends', user, Append, { sessionId, id: randomUUID(), content: 'What about rain?' });
      await sleep(20);
    }
  }

  async function read() {
    const [user, sessionId] = [`user ${randomUUID()}`, randomUUID()];
    await send(null, user, Create, { id: sessionId });
    for (let n = 0; n < 20; n++)
      await send(null, user, Append, { sessionId, id: randomUUID(), content: 'What about rain?' });
    while (!isOver) {
      await send('reads', user, Read, { sessionId });
      await sleep(20);
    }
  }

  async function stream() {
    const [user, sessionId] = [`user ${randomUUID()}`, randomUUID()];
    await send(null, user, Create, { id: sessionId });
    while (!isOver) {
      const id = randomUUID();
      await send('pieces', user, Start, { sessionId, id });
      for (let n = 0; n < 30 && !isOver; n++) {
        await send('pieces', user, Extend, { id, offset: 6 * n });
        await sleep(20);
      }
      await send('pieces', user, Finish, { id });
    }
  }

  const clients = [converse, converse, converse, read, read, read, stream, stream, stream].map((run) =>
    run(),
  );
  return {
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
    /** Of the requests that were under way at any moment of that time. */
    report(phase, from, to) {
      return Object.entries(done).map(([kind, requests]) => {
        const within = requests.filter((each) => each.from <= to && each.from + each.took >= from);
        const times = within.map(({ took }) => took).sort((a, b) => a - b);
        const at = (share) => (times.at(Math.ceil(share * times.length) - 1) ?? 0).toFixed(0);
        const failures = [...new Set(within.flatMap(({ failed }) => failed ?? []))];
        const failed = within.filter((each) => each.failed !== undefined).length;
        const told = failed === 0 ? '0' : `${failed}: ${failures.join(', ')}`;
        return [phase, kind, String(within.length), told, at(0.5), at(0.99), at(1)];
      });
    },
  };
}
