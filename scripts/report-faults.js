// Writes the tables of docs/reliability.md: of faults from what the tests of test/faults have counted, and of callers
// who mean harm from what Jest says of the tests that are such callers. See there for how to run it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from './table.js';
import { hostile } from './report-hostile.js';

const [countsFile, resultsFile] = process.argv.slice(2);
if (countsFile === undefined || resultsFile === undefined)
  throw new Error('Name the counts and the results: node scripts/report-faults.js faults.jsonl faults.json');

const page = fileURLToPath(new URL('../docs/reliability.md', import.meta.url));

const faults = new Map();
let soak;
const attacks = [];
for (const line of readFileSync(countsFile, 'utf8').split('\n').filter(Boolean)) {
  const { fault, soak: found, attack, ...counts } = JSON.parse(line);
  if (found) soak = found;
  else if (attack) attacks.push(attack);
  else faults.set(fault, add(faults.get(fault), counts));
}
const { testResults } = JSON.parse(readFileSync(resultsFile, 'utf8'));

let text = readFileSync(page, 'utf8');
write('faults', `${origin()}\n\n${ofFaults()}`);
write('hostile', ofHostile());
if (soak) write('soak', ofSoak(soak));
writeFileSync(page, text);

/** Puts something between the markers of this name. */
function write(name, content) {
  const begin = `<!-- ${name}: from here on scripts/report-faults.js writes -->`;
  const end = `<!-- ${name}: to here -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/reliability.md lacks the markers ${begin} and ${end}`);
  text = `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

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

function origin() {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  return `Counted on ${new Date().toISOString().slice(0, 10)} at commit ${commit} with Node ${process.version}. In the column "slowest" are the seconds that an answer took at most, other work on the machine included; "no answer" are connections that broke or were refused because the server itself had gone. A fault is in the table when its test has passed, and that takes that no write was lost and none is there twice. Counted are the requests that go on during or, where the test sends its own to meet the fault, after it; those it sends itself it judges one by one.`;
}

function ofFaults() {
  const rows = [...faults].map(([fault, { times, requests, codes, slowest, acknowledged }]) => [
    fault,
    count(times),
    count(requests),
    count(codes.SERVICE_UNAVAILABLE ?? 0),
    count(codes.TIMEOUT ?? 0),
    count(codes['no answer'] ?? 0),
    (slowest / 1_000).toFixed(1),
    count(acknowledged),
    '0',
  ]);
  return table(
    [
      'fault',
      'times',
      'requests',
      'SERVICE_UNAVAILABLE',
      'TIMEOUT',
      'no answer',
      'slowest',
      'writes acknowledged',
      'lost or doubled',
    ],
    rows,
  );
}

/** @throws when a test has failed, or when there is none for a row */
function ofHostile() {
  const rows = hostile.map(({ what, outcome, tests }) => {
    const cases = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.filter(({ fullName }) =>
        tests.some(({ file, title = /./ }) => name.endsWith(`/test/${file}`) && title.test(fullName)),
      ),
    );
    const others = cases.filter(({ status }) => status !== 'passed');
    if (cases.length === 0 || others.length > 0)
      throw new Error(
        `Not all have passed of "${what}": ${JSON.stringify(others.map((each) => each.fullName))}`,
      );
    const watched = attacks.filter((attack) => cases.some(({ fullName }) => fullName === attack.test));
    const most = (measure) =>
      watched.length === 0 ? '' : count(Math.ceil(Math.max(0, ...watched.map((attack) => attack[measure]))));
    return [what, outcome, count(cases.length), most('health'), most('query'), most('grown')];
  });
  const columns = [
    'what comes',
    'what becomes of it',
    'cases',
    '`/health` (ms)',
    'others (ms)',
    'memory (MB)',
  ];
  return table(columns, rows, 2);
}

function ofSoak({ seconds, requests, holds }) {
  const [before, after] = holds;
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const rows = [
    ['heap in use after a forced collection (MB)', megabytes(before.heap), megabytes(after.heap)],
    ['memory of the process (RSS, MB)', megabytes(before.rss), megabytes(after.rss)],
    ['connections to the database', count(before.connections), count(after.connections)],
    ['other open files and sockets', count(before.descriptors), count(after.descriptors)],
    ['timers and other handles', count(before.handles), count(after.handles)],
  ];
  return [
    `The last one took ${count(Math.round(seconds))} seconds and ${count(requests)} requests, which is ${(requests / 86_400).toFixed(1)} a second for a day.`,
    table(['what the server holds', 'after the warm-up', 'at the end'], rows),
  ].join('\n\n');
}

function count(value) {
  return value.toLocaleString('en');
}
