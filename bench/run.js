// The whole measurement in one command. See README.md.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { contenders } from './contenders/contenders.js';
import { withContenders } from './contenders/with-contenders.js';
import { measureRounds } from './measure/rounds.js';
import { operations } from './operations.js';
import { beginMeasurement } from './report/measured-on.js';
import { publishReport } from './report/publish.js';
import { toMarkdown } from './report/markdown.js';
import { bench, publicSettings } from './settings.js';

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

say('Generating the Prisma client of its contender ...');
execFileSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
  cwd: bench,
  env: { ...process.env, PATH: `${bench}node_modules/.bin:${process.env.PATH}` },
  stdio: ['ignore', 'ignore', 'inherit'],
});

const chosen = Object.fromEntries(wanted.map((name) => [name, contenders[name]]));
await withContenders(chosen, asked, say, async (client, running) => {
  if (values['check-only']) return;
  const tell = await beginMeasurement(client);
  const cells = await measureRounds(client, running, asked, say);
  const results = {
    machine: tell(),
    settings: publicSettings,
    contenders: wanted,
    operations: asked,
    cells,
  };
  const isWhole = values.only === undefined && values.operations === undefined;
  if (isWhole && !values.print) await publishReport(results);
  console.log(toMarkdown(results));
});

function choose(option, text, all) {
  const usual = Object.keys(all).filter((name) => !all[name].isExperiment);
  const names = text === undefined ? usual : text.split(',');
  const unknown = names.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0)
    throw new Error(`${option}: ${unknown.join(', ')} is none of ${Object.keys(all).join(', ')}`);
  return names;
}
