// Compares two servers that are to answer alike by their CPU per request: two executors, or two commits. The least value
// of many short interleaved rounds is hardly touched by what else a busy machine does. See README.md.
import assert from 'node:assert/strict';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chatledger } from './contenders/chatledger.js';
import { contenders } from './contenders/contenders.js';
import { withContenders } from './contenders/with-contenders.js';
import { restoreData } from './data/load.js';
import { measureRounds } from './measure/rounds.js';
import { operations, parametersOf } from './operations.js';
import { count } from './report/cells.js';
import { median, series } from './report/statistics.js';
import { table } from '../scripts/table.js';

const { values, positionals } = parseArgs({
  options: { operations: { type: 'string', default: Object.keys(operations).join(',') } },
  allowPositionals: true,
});
const [first, second] = positionals;
if (second === undefined || positionals.length > 2)
  throw new Error('Name two servers: contenders, or main.js files of other builds.');
const asked = values.operations.split(',');

const say = (line) => console.error(line);
const wanted = { first: serverOf(first), second: serverOf(second) };
await withContenders(wanted, asked, say, async (client, running) => {
  for (const operation of asked) await checkSameText(client, running, operation);
  say('All answers are the same text.');
  const cells = await measureRounds(client, running, asked, say);
  console.log(toMarkdown(cells));
});

function serverOf(name) {
  return Object.hasOwn(contenders, name)
    ? contenders[name]
    : { ...chatledger, title: name, script: path.resolve(process.env.INIT_CWD ?? '.', name) };
}

/** The text decides, with the order of keys; not the blanks between them that PostgreSQL writes, nor ids and times that are made. */
async function checkSameText(client, running, operation) {
  const made = operations[operation].appends ? /[\da-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z/g : /$^/;
  for (const parameters of parametersOf(operation, 10)) {
    const texts = [];
    for (const { contender, port } of running) {
      const { path: place, headers, body } = await contender.request(operation, parameters);
      const response = await fetch(`http://127.0.0.1:${port}${place}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = JSON.stringify(JSON.parse(await response.text()));
      texts.push(text.replace(made, ''));
      if (operations[operation].appends) await restoreData(client);
    }
    assert.equal(texts[1], texts[0], operation);
  }
}

function toMarkdown(cells) {
  const of = (name, operation, figure) => series({ cells }, name, operation, figure);
  const rows = asked.map((operation) => {
    const [ours, theirs] = ['first', 'second'].map((name) => of(name, operation, 'cpu'));
    const rates = ['first', 'second'].map((name) => Math.max(...of(name, operation, 'rate')));
    return [
      operation,
      count(Math.min(...ours)),
      count(Math.min(...theirs)),
      (Math.min(...theirs) / Math.min(...ours)).toFixed(3),
      count(median(ours)),
      count(median(theirs)),
      (median(theirs) / median(ours)).toFixed(3),
      (rates[0] / rates[1]).toFixed(3),
    ];
  });
  const rounds = Math.max(...cells.map(({ round }) => round)) + 1;
  return [
    `A: ${wanted.first.title}. B: ${wanted.second.title}. CPU microseconds of the server per request, least and median of ${rounds} interleaved rounds; a ratio above 1 says that A needs less, or answers more.`,
    table(['', 'A, least', 'B, least', 'B/A', 'A, median', 'B, median', 'B/A', 'greatest rates, A/B'], rows),
  ].join('\n\n');
}
