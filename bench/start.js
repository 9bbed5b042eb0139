// How soon the server answers after its start, and how much memory it takes. See README.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chatledger } from './contenders/chatledger.js';
import { openBenchDatabase } from './data/database.js';
import { loadData } from './data/load.js';
import { openClient } from './growth/client.js';
import { parametersOf } from './operations.js';
import { beginMeasurement, measuredOn } from './report/measured-on.js';
import { publishPart } from './report/part.js';
import { median } from './report/statistics.js';
import { table } from '../scripts/table.js';
import { databaseKind, settings } from './settings.js';

const { values } = parseArgs({ options: { print: { type: 'boolean', default: false } } });

/** Milliseconds that the server is left alone before its memory is read. */
const rest = 3_000;
/** Requests after which its memory is read again: of these operations in turn, on so many connections. */
const load = { requests: 10_000, operations: ['Q1', 'Q3', 'M1'], connections: 10 };

const say = (line) => console.error(line);
const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bench-start-'));
// Started by root, PostgreSQL runs as another user, who must be able to pass.
await chmod(folder, 0o711);
const running = new Set();
say('Opening the database ...');
const database = await openBenchDatabase();
const end = async () => {
  await Promise.all([...running].map(({ stop }) => stop()));
  await database.close();
  await rm(folder, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void end().finally(() => process.exit(1)));
try {
  const tell = await beginMeasurement(database.client);
  say('Loading the data ...');
  await loadData(database.client);
  const starts = { migrated: [], empty: [], embeddedFirst: [], embeddedAgain: [] };
  for (let round = 0; round < settings.rounds; round++) {
    say(`Starts, round ${round + 1} ...`);
    starts.migrated.push(await startOnce({ DATABASE_URL: database.url }));
    starts.empty.push(await startOnEmptyDatabase());
    const DATA_DIR = path.join(folder, `data-${round}`);
    starts.embeddedFirst.push(await startOnce({ DATA_DIR }));
    starts.embeddedAgain.push(await startOnce({ DATA_DIR }));
  }
  say('Memory ...');
  const memory = await measureMemory();
  const results = {
    machine: tell(),
    settings: { database: databaseKind, load, rest },
    starts,
    memory,
  };
  const text = toMarkdown(results);
  console.log(text);
  if (!values.print) await publishPart('start', results, text);
} finally {
  await end();
}

/** Milliseconds from the start of the process until it listens, and until it has answered a query. */
async function startOnce(environment) {
  const server = await start(environment);
  await server.stop();
  const { listening, answered } = server;
  return { listening, answered };
}

async function startOnEmptyDatabase() {
  const name = `chatledger_bench_start_${process.pid}`;
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  await database.client.query(`CREATE DATABASE "${name}"`);
  try {
    return await startOnce({ DATABASE_URL: url.href });
  } finally {
    await database.client.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  }
}

async function start(environment) {
  const began = performance.now();
  const child = spawn(chatledger.node, [chatledger.script], {
    // An empty DATABASE_URL is none.
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      ...chatledger.environment('', 0),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = `${complaints}${chunk}`.slice(-4_000)));
  const ended = once(child, 'exit');
  const server = {
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      running.delete(server);
    },
  };
  running.add(server);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      if (entry.msg === 'listening') resolve(entry.port);
    });
    void ended.then(() => reject(new Error(`The server ended at its start: ${complaints}`)));
  });
  const listening = performance.now() - began;
  const client = openClient(port);
  const [parameters] = parametersOf('Q1', 1);
  const { text } = await client.send(await chatledger.request('Q1', parameters));
  client.close();
  // Where there is no data the session is null.
  if (JSON.parse(text).errors) throw new Error(`The first query was not answered: ${text}`);
  return Object.assign(server, { port, listening, answered: performance.now() - began });
}

/** Bytes of resident memory of the server's own process: after its first answer and a rest, and after many requests. */
async function measureMemory() {
  const found = { idle: [], used: [] };
  for (let round = 0; round < settings.rounds; round++) {
    const server = await start({ DATABASE_URL: database.url });
    await sleep(rest);
    found.idle.push(residentMemory(server.pid));
    await sendRequests(server.port);
    await sleep(rest);
    found.used.push(residentMemory(server.pid));
    await server.stop();
  }
  return found;
}

async function sendRequests(port) {
  const wanted = load.operations.map((name) => parametersOf(name, 1_000));
  let sent = 0;
  const lane = async () => {
    const client = openClient(port);
    while (sent < load.requests) {
      const n = sent++;
      const kind = n % load.operations.length;
      const name = load.operations[kind];
      const { text } = await client.send(await chatledger.request(name, wanted[kind][n % 1_000]));
      chatledger.answer[name](JSON.parse(text).data);
    }
    client.close();
  };
  await Promise.all(Array.from({ length: load.connections }, lane));
}

function residentMemory(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1_024;
}

function toMarkdown({ machine, starts, memory, settings: used }) {
  const titles = {
    migrated: 'DATABASE_URL, migrated',
    empty: 'DATABASE_URL, a new database to migrate',
    embeddedFirst: 'embedded PostgreSQL, the first time',
    embeddedAgain: 'embedded PostgreSQL, the second time',
  };
  const all = (times, digits = 0) => {
    const told = [median(times), Math.min(...times), Math.max(...times)].map((time) => time.toFixed(digits));
    return `${told[0]} (${told[1]} to ${told[2]})`;
  };
  const rows = Object.entries(starts).map(([name, found]) => [
    titles[name],
    all(found.map(({ listening }) => listening)),
    all(found.map(({ answered }) => answered)),
  ]);
  const megabytes = (bytes) => all(bytes.map((each) => each / 1_000_000));
  return [
    measuredOn(machine, used),
    `From the start of the process (\`node dist/main.js\`) in milliseconds: medians of ${starts.migrated.length} starts, the least and the greatest. The first query is Q1, with authentication. The first time, the embedded server makes its cluster (initdb), and the database is migrated.`,
    table(['starting with', 'listening, ms', 'first answer, ms'], rows),
    `Resident memory of the server's own process, PostgreSQL's not counted, ${used.rest / 1_000} s after the first answer, and after ${used.load.requests.toLocaleString('en')} requests (${used.load.operations.join(', ')} in turn on ${used.load.connections} connections) and as long a rest:`,
    table(
      ['', 'MB'],
      [
        ['idle after its start', megabytes(memory.idle)],
        [`after ${used.load.requests.toLocaleString('en')} requests`, megabytes(memory.used)],
      ],
    ),
  ].join('\n\n');
}
