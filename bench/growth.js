// How cost grows: with the length of a session, the number of sessions and of watchers, the size of batches and of the
// database. See README.md.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './data/database.js';
import { loadData } from './data/load.js';
import { shape } from './data/shape.js';
import { batchSize, databaseSize, numberOfSessions, sessionLength } from './growth/curves.js';
import { judge } from './growth/judge.js';
import { measure } from './growth/measure.js';
import { toSvg } from './growth/plot.js';
import { toMarkdown } from './growth/report.js';
import { measureWatchers } from './growth/watchers.js';
import { beginMeasurement } from './report/measured-on.js';
import { publishPart } from './report/part.js';
import { databaseKind, root, settings } from './settings.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sizes: { type: 'string', default: '1' },
    print: { type: 'boolean', default: false },
  },
});
const names = ['size', 'length', 'sessions', 'batch', 'watchers'];
const wanted = values.only?.split(',') ?? names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`--only: ${unknown.join(', ')} is none of ${names.join(', ')}`);
if (!/^[1-9]\d?(,[1-9]\d?)*$/.test(values.sizes))
  throw new Error('--sizes takes millions of messages: 1,3,10');
const sizes = values.sizes
  .split(',')
  .map(Number)
  .sort((a, b) => a - b);

const say = (line) => console.error(line);
const usersOf = (millions) => (millions * 1_000_000) / shape.sessionsOfUser / shape.messagesOfSession;

say('Opening the database ...');
const database = await openBenchDatabase();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void database.close().finally(() => process.exit(1)));
try {
  const { url, client } = database;
  const tell = await beginMeasurement(client);
  const curves = [];
  await load(sizes[0], 0);
  let ofSize = await measureSize(sizes[0]);
  for (const curve of [sessionLength, numberOfSessions, batchSize]) {
    if (!wanted.includes(curve.name)) continue;
    const { prepare, ...about } = curve;
    say(`${curve.title} ...`);
    const operations = await prepare(client);
    await client.query('VACUUM ANALYZE');
    curves.push({ ...about, operations: await measure(url, operations, say) });
  }
  if (wanted.includes('watchers')) say('The number of watchers ...');
  const watchers = wanted.includes('watchers') ? await measureWatchers(url, say) : null;
  for (const [n, size] of sizes.slice(1).entries()) {
    await load(size, sizes[n]);
    const found = await measureSize(size);
    ofSize = ofSize.map((operation, place) => ({
      ...operation,
      points: [...operation.points, ...found[place].points],
    }));
  }
  if (ofSize.length > 0) {
    const { name, title, unit, notes } = databaseSize;
    curves.push({ name, title, unit, notes, operations: ofSize });
  }
  const results = {
    machine: tell(),
    settings: {
      database: databaseKind,
      requests: settings.growthRequests,
      sizes,
    },
    curves,
    watchers,
  };
  const problems = curves.flatMap(judge);
  console.log(toMarkdown(results));
  if (problems.length > 0) throw new Error(`Cost grows where it should not:\n- ${problems.join('\n- ')}`);
  if (values.only === undefined && !values.print) {
    await writeFile(`${root}docs/performance-growth.svg`, toSvg(results));
    await publishPart(
      'growth',
      results,
      `${toMarkdown(results)}\n\n![Milliseconds by size](performance-growth.svg)`,
    );
  }
} finally {
  await database.close();
}

/** Lets the data set grow to so many million messages. */
async function load(millions, before) {
  say(`Loading ${millions - before} million messages ...`);
  await loadData(database.client, { from: usersOf(before), users: usersOf(millions) });
}

async function measureSize(millions) {
  if (!wanted.includes('size')) return [];
  say(`${databaseSize.title}: ${millions} million messages ...`);
  return measure(database.url, databaseSize.operationsAt(millions, usersOf(millions)), say);
}
