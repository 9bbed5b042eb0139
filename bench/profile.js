// Where Chatledger's CPU time goes, by package: one profile for each operation, under the load of the measurement.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contenders } from './contenders/contenders.js';
import { startContender } from './contenders/start.js';
import { openBenchDatabase } from './data/database.js';
import { loadData, restoreData } from './data/load.js';
import { checkWrk, runWrk, writeRequests } from './load/wrk.js';
import { operations, parametersOf } from './operations.js';
import { shares } from './measure/shares.js';
import { table } from './report/table.js';
import { settings } from './settings.js';

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(operations);
const contender = contenders.chatledger;

checkWrk();
const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bench-profile-'));
const database = await openBenchDatabase();
try {
  await loadData(database.client);
  const found = {};
  for (const operation of wanted) {
    found[operation] = await profile(operation);
    if (operations[operation].appends) await restoreData(database.client);
  }
  const packages = [...new Set(Object.values(found).flatMap((each) => [...each.keys()]))];
  const mean = (name) => wanted.reduce((sum, operation) => sum + (found[operation].get(name) ?? 0), 0);
  const rows = packages
    .filter((name) => wanted.some((operation) => found[operation].get(name) >= 0.01))
    .sort((a, b) => mean(b) - mean(a))
    .map((name) => [
      name,
      ...wanted.map((operation) => `${(100 * (found[operation].get(name) ?? 0)).toFixed(0)} %`),
    ]);
  console.log(table(['own time of', ...wanted], rows));
} finally {
  await database.close();
  await rm(folder, { recursive: true });
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
  return shares(JSON.parse(await readFile(path.join(into, name), 'utf8')), after);
}
