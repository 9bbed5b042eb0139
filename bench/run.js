// The whole measurement in one command. See README.md.
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { contenders } from './contenders/contenders.js';
import { startContender } from './contenders/start.js';
import { openBenchDatabase } from './data/database.js';
import { installAppendFunctions, loadData } from './data/load.js';
import { checkWrk } from './load/wrk.js';
import { checkSameData } from './measure/check.js';
import { describeMachine } from './measure/machine.js';
import { measureRounds } from './measure/rounds.js';
import { operations } from './operations.js';
import { publishReport } from './report/publish.js';
import { toMarkdown } from './report/markdown.js';
import { bench, settings } from './settings.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    operations: { type: 'string' },
    'check-only': { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});

const say = (line) => console.error(line);
const wanted = choose('--only', values.only, contenders);
const asked = choose('--operations', values.operations, operations);

checkWrk();
say('Generating the Prisma client of its contender ...');
execFileSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
  cwd: bench,
  env: { ...process.env, PATH: `${bench}node_modules/.bin:${process.env.PATH}` },
  stdio: ['ignore', 'ignore', 'inherit'],
});

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
  await installAppendFunctions(database.client);
  for (const name of wanted) {
    const contender = contenders[name];
    if (contender.missing) throw new Error(`${contender.title} can't run: ${contender.missing}.`);
    running.push({ name, contender, ...(await startContender(contender, database.url)) });
  }
  say('Checking that all answer alike ...');
  await checkSameData(database.client, running, asked);
  if (!values['check-only']) {
    const machine = await describeMachine(database.client);
    const loadBefore = loadavg()[0].toFixed(1);
    const cells = await measureRounds(database.client, running, asked, say);
    const loads = { loadBefore, loadAfter: loadavg()[0].toFixed(1) };
    const results = {
      machine: { ...machine, ...loads },
      settings: publicSettings(),
      contenders: wanted,
      operations: asked,
      cells,
    };
    const isWhole = values.only === undefined && values.operations === undefined;
    if (isWhole && !values.print) await publishReport(results);
    console.log(toMarkdown(results));
  }
} finally {
  await end();
}

function choose(option, text, all) {
  const names = text === undefined ? Object.keys(all) : text.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0)
    throw new Error(`${option}: ${unknown.join(', ')} is none of ${Object.keys(all).join(', ')}`);
  return names;
}

function publicSettings() {
  const { databaseUrl, ...rest } = settings;
  return { ...rest, database: databaseUrl === undefined ? 'embedded' : 'DATABASE_URL' };
}
