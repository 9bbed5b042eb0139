// What several processes bring: Chatledger with 1, 2 and 4 workers, under the load of the measurement.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { chatledger } from './contenders/chatledger.js';
import { startContender } from './contenders/start.js';
import { openBenchDatabase } from './data/database.js';
import { loadData } from './data/load.js';
import { checkWrk } from './load/wrk.js';
import { checkSameData } from './measure/check.js';
import { describeMachine } from './measure/machine.js';
import { measureRounds } from './measure/rounds.js';
import { publishSection } from './report/section.js';
import { workersToMarkdown } from './report/workers.js';
import { bench, settings } from './settings.js';

const { values } = parseArgs({ options: { print: { type: 'boolean', default: false } } });

const counts = [1, 2, 4];
const asked = ['T', 'Q1', 'Q3', 'M1'];
const say = (line) => console.error(line);

checkWrk();
const running = [];
say('Opening the database ...');
const database = await openBenchDatabase();
const end = async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
  await database.close();
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void end().finally(() => process.exit(1)));
try {
  say('Loading the data ...');
  await loadData(database.client);
  for (const count of counts) {
    const contender = withWorkers(count);
    running.push({ name: String(count), contender, ...(await startContender(contender, database.url)) });
  }
  say('Checking that all answer alike ...');
  await checkSameData(database.client, running, asked);
  const machine = await describeMachine(database.client);
  const loadBefore = loadavg()[0].toFixed(1);
  // Each worker has to compile what it runs: two seconds of warm-up are not enough for four of them.
  const all = await measureRounds(database.client, running, asked, say, settings.rounds + 1);
  const cells = all
    .filter(({ round }) => round > 0)
    .map(({ round, ...cell }) => ({ round: round - 1, ...cell }));
  const { databaseUrl, ...publicSettings } = settings;
  const results = {
    machine: { ...machine, loadBefore, loadAfter: loadavg()[0].toFixed(1) },
    settings: { ...publicSettings, database: databaseUrl === undefined ? 'embedded' : 'DATABASE_URL' },
    workers: counts.map((count) => ({ count, poolSize: poolSizeOf(count) })),
    operations: asked,
    cells,
  };
  const report = workersToMarkdown(results);
  if (!values.print) {
    const file = `results/workers-${machine.date}-${machine.commit}.json`;
    await mkdir(`${bench}results`, { recursive: true });
    await writeFile(`${bench}${file}`, `${JSON.stringify(results, null, 1)}\n`);
    await publishSection('workers', `${report}\n\nAll cells: [bench/${file}](../bench/${file}).`);
  }
  console.log(report);
} finally {
  await end();
}

function withWorkers(count) {
  return {
    ...chatledger,
    title: `WORKERS=${count}`,
    environment: (databaseUrl, port) => ({
      ...chatledger.environment(databaseUrl, port),
      WORKERS: String(count),
      DATABASE_POOL_SIZE: String(poolSizeOf(count)),
    }),
  };
}

/** All together have as many connections as one alone, or a few more. */
function poolSizeOf(count) {
  return Math.ceil(settings.poolSize / count);
}
