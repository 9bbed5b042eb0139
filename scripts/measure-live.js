// What live changes cost, and how soon they arrive: idle watchers, active sessions, many watchers of one session, and
// an answer that is streamed. The servers are processes of their own, on a database of their own beside the one that
// DATABASE_URL names (whose user may create databases); this process is all the clients. Clients, servers and
// PostgreSQL share the processors of the machine, so the times are those of a machine under load. Prints tables.
// Takes about four minutes.
import { cpus, loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '../dist/data/migrate.js';
import { startServer, watch } from './measure-live/server.js';
import { connect, createTemporaryDatabase } from './temporary-database.js';

const [idleWatchers, activeSessions] = [2_000, 200];
const rates = [100, 300];
const seconds = 20;
const fanOut = { watchers: 200, events: 100, pause: 150 };
const quantileNames = ['median', 'p95', 'p99', 'most'];
const answer = { deltas: 200, pause: 20, watchers: [1, 20] };

/** Milliseconds after which it is given up. */
const patience = 600_000;

const Append = `mutation Append($sessionId: ID!, $content: String!) {
  appendChatMessage(input: { sessionId: $sessionId, message: { role: USER, content: $content } }) { __typename }
}`;
const Start = `mutation Start($sessionId: ID!) {
  startChatMessage(input: { sessionId: $sessionId }) { ... on StartChatMessageSuccess { chatMessage { id } } }
}`;
const Extend = `mutation Extend($sessionId: ID!, $messageId: ID!, $offset: Int!, $delta: String!) {
  extendChatMessage(input: { sessionId: $sessionId, messageId: $messageId, offset: $offset, delta: $delta }) { __typename }
}`;

setTimeout(() => {
  console.error('Took too long.');
  process.exit(1);
}, patience).unref();
console.log(`${cpus().length} processors, load ${loadavg()[0].toFixed(1)} at the start.\n`);
const { url, drop } = await createTemporaryDatabase('measure_live');
const servers = [];
try {
  await migrate(url);
  await measure();
  console.log(`\nLoad ${loadavg()[0].toFixed(1)} at the end.`);
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await drop();
}

async function measure() {
  const sessions = await createSessions(idleWatchers + activeSessions);
  const [idle, active] = [sessions.slice(0, idleWatchers), sessions.slice(idleWatchers)];
  const server = await start();
  await appendSteadily(server, server, active, 100, 5);

  const watching = await measureIdle(server, idle);
  const rows = [];
  for (const rate of rates) rows.push(['the same, idle watchers beside', rate, server, server]);
  const other = await start();
  for (const rate of rates) rows.push(['another', rate, server, other]);
  const [deaf, poller] = [await start({ LIVE_NOTIFY: 'off' }), await start({ LIVE_NOTIFY: 'off' })];
  rows.push(['another, LIVE_NOTIFY=off', rates[0], deaf, poller]);
  console.log(`${activeSessions} sessions with a watcher each, for ${seconds} s:\n`);
  head(['watchers are on process', 'appends/s', 'arrived', 'from', ...quantileNames, 'CPU of their process']);
  for (const [where, rate, writer, reader] of rows) {
    const found = await appendSteadily(writer, reader, active, rate, seconds);
    const { arrived, cpu } = found;
    const shared = [where, rate, `${arrived} of ${rate * seconds}`];
    row([...shared, 'sending', ...quantiles(found.fromSending), percent(cpu)]);
    row([...shared, 'answer', ...quantiles(found.fromAnswer), percent(cpu)]);
  }
  for (const watcher of watching) watcher.stop();

  await measureFanOut(server, active[0]);
  await measureAnswer(server, active.slice(1));
}

async function measureIdle(server, sessions) {
  await sleep(2_000);
  const before = await server.usage();
  const watching = [];
  for (const part of inParts(sessions, 50)) {
    watching.push(...(await Promise.all(part.map((session) => watch(server.origin, session, () => {})))));
  }
  await sleep(5_000);
  const begun = await server.usage();
  await sleep(seconds * 1_000);
  const ended = await server.usage();
  const perWatcher = (key) => `${((begun[key] - before[key]) / sessions.length / 1_000).toFixed(1)} kB`;
  console.log(`${sessions.length} idle watchers, each of a session of its own:\n`);
  head(['memory per watcher', 'of it JavaScript heap', 'CPU', `statements in ${seconds} s`]);
  const statements = JSON.stringify(difference(begun.statements, ended.statements)).replaceAll(/[{}"]/g, '');
  const cpu = (ended.cpu - begun.cpu) / seconds / 1_000;
  row([perWatcher('rss'), perWatcher('heap'), percent(cpu), statements.replaceAll(/([:,])/g, '$1 ')]);
  console.log();
  return watching;
}

/** Appends to the sessions in turn, while each is watched by one. */
async function appendSteadily(writer, reader, sessions, rate, forSeconds) {
  const total = rate * forSeconds;
  const [sent, answered, arrived] = [[], [], []];
  const onEvent = (event, now) => {
    for (const [, n] of event.matchAll(/"content":"append (\d+)"/g)) arrived[n] = now;
  };
  const watching = await Promise.all(sessions.map((session) => watch(reader.origin, session, onEvent)));
  const before = await reader.usage();
  await steadily(rate, total, async (n) => {
    const { id, userId } = sessions[n % sessions.length];
    sent[n] = performance.now();
    await writer.run(userId, Append, { sessionId: id, content: `append ${n}` });
    answered[n] = performance.now();
  });
  await until(() => arrived.filter(Boolean).length === total);
  const after = await reader.usage();
  for (const watcher of watching) watcher.stop();
  return {
    arrived: arrived.filter(Boolean).length,
    fromSending: arrived.map((time, n) => time - sent[n]),
    fromAnswer: arrived.map((time, n) => time - answered[n]),
    cpu: (after.cpu - before.cpu) / forSeconds / 1_000,
  };
}

async function measureFanOut(server, session) {
  const { watchers, events, pause } = fanOut;
  const arrived = Array(events).fill(0);
  const last = [];
  const onEvent = (event, now) => {
    const n = Number(/"content":"append (\d+)"/.exec(event)[1]);
    arrived[n] += 1;
    last[n] = now;
  };
  const watching = await Promise.all(
    Array.from({ length: watchers }, () => watch(server.origin, session, onEvent)),
  );
  const before = await server.usage();
  const times = [];
  for (let n = 0; n < events; n++) {
    const sent = performance.now();
    await server.run(session.userId, Append, { sessionId: session.id, content: `append ${n}` });
    await until(() => arrived[n] === watchers);
    times.push(last[n] - sent);
    await sleep(pause);
  }
  const after = await server.usage();
  for (const watcher of watching) watcher.stop();
  const statements = difference(before.statements, after.statements);
  console.log(`\n${watchers} watchers of one session, ${events} appends one after the other:\n`);
  head(['until the last one has it', ...quantileNames, 'CPU per event and watcher', 'readings per append']);
  const cpu = `${((1_000 * (after.cpu - before.cpu)) / events / watchers).toFixed(0)} µs`;
  row(['', ...quantiles(times), cpu, (statements.session_changes / events).toFixed(2)]);
}

async function measureAnswer(server, sessions) {
  const { deltas, pause } = answer;
  console.log(`\nAn answer in ${deltas} deltas, ${1_000 / pause} a second, from the sending of a delta:\n`);
  head(['watchers', ...quantileNames, 'CPU']);
  for (const [index, count] of answer.watchers.entries()) {
    const session = sessions[index];
    const sent = [];
    const times = [];
    let [reached, length] = [0, 0];
    // Deltas that follow each other closely may come as one.
    const onEvent = (event, now) => {
      const match = /"offset":(\d+),"delta":"([^"]*)"/.exec(event);
      if (!match) return;
      const first = Number(match[1]) / 10;
      for (let n = first; n < first + match[2].length / 10; n++) times.push(now - sent[n]);
      reached += match[2].length;
    };
    const watching = await Promise.all(
      Array.from({ length: count }, () => watch(server.origin, session, onEvent)),
    );
    const started = await server.run(session.userId, Start, { sessionId: session.id });
    const key = { sessionId: session.id, messageId: started.startChatMessage.chatMessage.id };
    const before = await server.usage();
    for (let n = 0; n < deltas; n++) {
      sent[n] = performance.now();
      await server.run(session.userId, Extend, { ...key, offset: length, delta: 'ten chars ' });
      length += 10;
      await sleep(Math.max(0, pause - (performance.now() - sent[n])));
    }
    await until(() => reached === length * count);
    const after = await server.usage();
    for (const watcher of watching) watcher.stop();
    const cpu = (after.cpu - before.cpu) / (deltas * pause);
    row([count, ...quantiles(times), percent(cpu)]);
  }
}

async function start(environment) {
  const server = await startServer(url, environment);
  servers.push(server);
  return server;
}

async function createSessions(count) {
  const sql = await connect(url);
  const { rows } = await sql.query(
    `INSERT INTO "ChatSession" (id, "userId") SELECT gen_random_uuid(), 'user-' || n FROM generate_series(1, $1) n
     RETURNING id, "userId"`,
    [count],
  );
  await sql.query('ANALYZE');
  await sql.end();
  return rows;
}

/** Calls at a steady rate, whether or not the earlier calls have been answered, and waits for all. */
async function steadily(rate, total, call) {
  const begun = performance.now();
  const calls = [];
  while (calls.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1_000) * rate));
    while (calls.length < due) calls.push(call(calls.length));
    await sleep(1_000 / rate);
  }
  await Promise.all(calls);
}

/** Waits until something is so, for 20 s at most: what is missing then is missing in the table. */
async function until(condition) {
  const deadline = performance.now() + 20_000;
  while (!condition() && performance.now() < deadline) await sleep(5);
}

function difference(before, after) {
  const entries = Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)]);
  return Object.fromEntries(entries.filter(([, value]) => value > 0));
}

function inParts(items, size) {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, part) => items.slice(part * size, (part + 1) * size));
}

function quantiles(times) {
  const sorted = times.filter((time) => !Number.isNaN(time)).sort((a, b) => a - b);
  return [0.5, 0.95, 0.99, 1].map((share) => {
    const time = sorted[Math.ceil(share * sorted.length) - 1];
    return time === undefined ? '-' : `${time.toFixed(1)} ms`;
  });
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function head(cells) {
  row(cells);
  row(cells.map(() => '---'));
}

function row(cells) {
  console.log(`| ${cells.join(' | ')} |`);
}
