// Writes the table of docs/limits.md: the costliest requests that the search of test/security/costliest.test.ts has
// found. See there for how to run it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from './table.js';

const [foundFile] = process.argv.slice(2);
if (foundFile === undefined)
  throw new Error('Name what was found: node scripts/report-costliest.js costliest.jsonl');

const page = fileURLToPath(new URL('../docs/limits.md', import.meta.url));
const begin = '<!-- costliest: from here on scripts/report-costliest.js writes -->';
const end = '<!-- costliest: to here -->';

/** Characters of a request that are shown. */
const longest = 150;
/** Rows for each measure. */
const most = 4;

const runs = [];
const found = [];
for (const line of readFileSync(foundFile, 'utf8').split('\n').filter(Boolean)) {
  const entry = JSON.parse(line);
  if (entry.count === undefined) found.push(entry);
  else runs.push(entry);
}

const text = readFileSync(page, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < from) throw new Error(`docs/limits.md lacks the markers ${begin} and ${end}`);
writeFileSync(page, `${text.slice(0, from)}${begin}\n\n${origin()}\n\n${ofCostliest()}\n\n${text.slice(to)}`);

function origin() {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  const requests = runs.reduce((sum, { count }) => sum + count, 0);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return `Found on ${new Date().toISOString().slice(0, 10)} at commit ${commit} with Node ${process.version}, among ${requests.toLocaleString('en')} requests in ${seconds} seconds.`;
}

function ofCostliest() {
  const measures = [
    ['cpu', 'CPU'],
    ['memory', 'memory'],
    ['database', 'database'],
  ];
  const rows = measures.flatMap(([by, name]) =>
    found
      .filter((each) => each.by === by)
      .sort((a, b) => b[by] - a[by])
      .filter((each, n, all) => all.findIndex((other) => fieldOf(other) === fieldOf(each)) === n)
      .slice(0, most)
      .map((each) => [name, shorten(each.request), ...figuresOf(each)]),
  );
  return table(['most', 'request', 'answer', 'cost', 'CPU (s)', 'memory (MB)', 'database (s)'], rows, 3);
}

/** The operation and its first field: one row for each. */
function fieldOf({ request }) {
  return /^\w+ \{ (\d+ (aliases of|times) )?\w+/.exec(request)?.[0].replace(/\d+ (aliases of|times) /, '');
}

function figuresOf({ codes, bytes, cost, cpu, memory, database }) {
  return [
    codes.length > 0 ? codes.join(', ') : `${Math.ceil(bytes / 1_000).toLocaleString('en')} kB`,
    cost === undefined ? '' : cost.toLocaleString('en'),
    cpu.toFixed(2),
    memory.toFixed(0),
    database.toFixed(2),
  ];
}

function shorten(request) {
  const shown = request.length > longest ? `${request.slice(0, longest)} ...` : request;
  return '`' + shown.replaceAll('|', '\\|') + '`';
}
