// Where Chatledger's CPU time goes, by package: one profile for each operation, under the load of the measurement.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contenders } from './contenders/contenders.js';
import { startContender } from './contenders/start.js';
import { openBenchDatabase } from './data/database.js';
import { loadData, restoreData } from './data/load.js';
import { checkWrk, runWrk, writeRequests } from './load/wrk.js';
import { operations, parametersOf } from './operations.js';
import { shares as sharesOf } from './measure/shares.js';
import { beginMeasurement, measuredOn } from './report/measured-on.js';
import { publishPart } from './report/part.js';
import { table } from '../scripts/table.js';
import { databaseKind, settings } from './settings.js';

const { values, positionals } = parseArgs({
  options: { print: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const wanted = positionals.length > 0 ? positionals : Object.keys(operations);
const unknown = wanted.filter((name) => !Object.hasOwn(operations, name));
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}, only ${Object.keys(operations).join(', ')}.`);
const contender = contenders.chatledger;

checkWrk();
const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bench-profile-'));
const database = await openBenchDatabase();
try {
  const tell = await beginMeasurement(database.client);
  await loadData(database.client);
  const found = {};
  for (const operation of wanted) {
    found[operation] = await profile(operation);
    if (operations[operation].appends) await restoreData(database.client);
  }
  const shares = Object.fromEntries(
    Object.entries(found).map(([operation, each]) => [operation, Object.fromEntries(each)]),
  );
  const { seconds, warmUp, connections } = settings;
  const results = {
    machine: tell(),
    settings: { database: databaseKind, seconds, warmUp, connections },
    shares,
  };
  const text = toMarkdown(results);
  console.log(text);
  if (positionals.length === 0 && !values.print) await publishPart('profile', results, text);
} finally {
  await database.close();
  await rm(folder, { recursive: true });
}

function toMarkdown({ machine, settings: used, shares }) {
  const names = Object.keys(shares);
  const packages = [...new Set(Object.values(shares).flatMap((each) => Object.keys(each)))];
  const mean = (name) => names.reduce((sum, operation) => sum + (shares[operation][name] ?? 0), 0);
  const rows = packages
    .filter((name) => names.some((operation) => shares[operation][name] >= 0.01))
    .sort((a, b) => mean(b) - mean(a))
    .map((name) => [
      name,
      ...names.map((operation) => `${(100 * (shares[operation][name] ?? 0)).toFixed(0)} %`),
    ]);
  return [
    measuredOn(machine, used),
    `Shares of the CPU time of the server's process by V8's profiler, without what was idle: the own time of the functions of each package, and of each layer of Chatledger, in the operations above, under wrk with ${used.connections} connections for ${used.seconds} s after ${used.warmUp} s. What is below 1 % everywhere is left out.`,
    table(['own time of', ...names], rows),
  ].join('\n\n');
}

/** The shares of the packages. V8 writes the profile when the process ends, so each operation has a process of its own. */
async function profile(operation) {
  const into = path.join(folder, operation);
  const file = `${into}.requests`;
  const asked = parametersOf(operation, operations[operation].requests);
  await writeRequests(
    file,
    await Promise.all(asked.map((parameters) => contender.request(operation, parameters))),
  );
  const flags = ['--cpu-prof', `--cpu-prof-dir=${into}`];
  const began = performance.now();
  const server = await startContender({ ...contender, flags }, database.url);
  const load = { port: server.port, file, connections: settings.connections };
  let after;
  try {
    await runWrk({ ...load, seconds: settings.warmUp });
    after = (performance.now() - began) * 1_000;
    await runWrk({ ...load, seconds: settings.seconds });
  } finally {
    await server.stop();
  }
  const [name] = await readdir(into);
  return sharesOf(JSON.parse(await readFile(path.join(into, name), 'utf8')), after);
}
