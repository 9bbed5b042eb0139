// Writes the table of docs/reliability.md from what the tests of test/faults have counted:
// `FAULTS_REPORT=FILE npm test -- test/faults && node scripts/report-faults.js FILE`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from '../bench/report/table.js';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the counts: node scripts/report-faults.js FILE');

const page = fileURLToPath(new URL('../docs/reliability.md', import.meta.url));
const begin = '<!-- faults: from here on scripts/report-faults.js writes -->';
const end = '<!-- faults: to here -->';

const faults = new Map();
for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const { fault, ...counts } = JSON.parse(line);
  faults.set(fault, add(faults.get(fault), counts));
}

const found = readFileSync(page, 'utf8');
const [from, to] = [found.indexOf(begin), found.indexOf(end)];
if (from < 0 || to < from) throw new Error(`docs/reliability.md lacks the markers ${begin} and ${end}`);
writeFileSync(page, `${found.slice(0, from)}${begin}\n\n${report()}\n\n${found.slice(to)}`);

/** The counts of one fault from several tests, or several runs. */
function add(sum, counts) {
  if (!sum) return counts;
  const codes = { ...sum.codes };
  for (const [code, count] of Object.entries(counts.codes)) codes[code] = (codes[code] ?? 0) + count;
  return {
    times: sum.times + counts.times,
    requests: sum.requests + counts.requests,
    codes,
    slowest: Math.max(sum.slowest, counts.slowest),
    acknowledged: sum.acknowledged + counts.acknowledged,
  };
}

function report() {
  const rows = [...faults].map(([fault, { times, requests, codes, slowest, acknowledged }]) => [
    fault,
    count(times),
    count(requests),
    count(codes.SERVICE_UNAVAILABLE ?? 0),
    count(codes.TIMEOUT ?? 0),
    (slowest / 1_000).toFixed(1),
    count(acknowledged),
    '0',
  ]);
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  return [
    `Counted on ${new Date().toISOString().slice(0, 10)} at commit ${commit} with Node ${process.version}. In the column "slowest" are the seconds that an answer took at most, other work on the machine included. A fault is in the table when its test has passed, and that takes that no write was lost and none is there twice. Counted are the requests that go on during or, where the test sends its own to meet the fault, after it; those it sends itself it judges one by one.`,
    table(
      [
        'fault',
        'times',
        'requests',
        'SERVICE_UNAVAILABLE',
        'TIMEOUT',
        'slowest',
        'writes acknowledged',
        'lost or doubled',
      ],
      rows,
    ),
  ].join('\n\n');
}

function count(value) {
  return value.toLocaleString('en');
}
