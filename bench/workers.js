// What several processes bring: Chatledger with 1, 2 and 4 workers, under the load of the measurement.
import { parseArgs } from 'node:util';
import { chatledger } from './contenders/chatledger.js';
import { withContenders } from './contenders/with-contenders.js';
import { measureRounds } from './measure/rounds.js';
import { beginMeasurement } from './report/measured-on.js';
import { publishPart } from './report/part.js';
import { workersToMarkdown } from './report/workers.js';
import { publicSettings, settings } from './settings.js';

const { values } = parseArgs({ options: { print: { type: 'boolean', default: false } } });

const counts = [1, 2, 4];
const asked = ['T', 'Q1', 'Q3', 'M1'];
const say = (line) => console.error(line);

const wanted = Object.fromEntries(counts.map((count) => [count, withWorkers(count)]));
await withContenders(wanted, asked, say, async (client, running) => {
  const tell = await beginMeasurement(client);
  // Each worker has to compile what it runs: two seconds of warm-up are not enough for four of them.
  const all = await measureRounds(client, running, asked, say, settings.rounds + 1);
  const cells = all
    .filter(({ round }) => round > 0)
    .map(({ round, ...cell }) => ({ round: round - 1, ...cell }));
  const results = {
    machine: tell(),
    settings: publicSettings,
    workers: counts.map((count) => ({ count, poolSize: poolSizeOf(count) })),
    operations: asked,
    cells,
  };
  const report = workersToMarkdown(results);
  if (!values.print) await publishPart('workers', results, report);
  console.log(report);
});

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
