import { contenders } from '../contenders/contenders.js';
import { textLength, shape } from '../data/shape.js';
import { operations } from '../operations.js';
import { count, failures, ratioCell } from './cells.js';
import { median, ratios, series } from './statistics.js';
import { table } from '../../scripts/table.js';

/** The report of a run: what it was measured on, and the tables. Medians over the rounds throughout. */
export function toMarkdown(results) {
  const several = results.contenders.length > 1 && results.contenders.includes('chatledger');
  return [
    describe(results),
    '### Requests per second, and CPU of the server per request',
    'In brackets: microseconds of CPU (user and system) of the server process and its children, without PostgreSQL and wrk.',
    byOperation(results, (name, operation) => {
      const of = (figure) => median(series(results, name, operation, figure));
      return `${count(of('rate'))} (${count(of('cpu'))})`;
    }),
    ...failures(results.cells, (name) => contenders[name].title),
    ...(several ? ratioSection(results) : []),
    '### Latency',
    `Median and 99th percentile in milliseconds, of ${results.settings.connections} connections that each send their next request when the last is answered.`,
    byOperation(results, (name, operation) => {
      const of = (figure) => (median(series(results, name, operation, figure)) / 1_000).toFixed(1);
      return `${of('p50')} / ${of('p99')}`;
    }),
    '### Peak memory',
    'Resident memory of the server process and its children at most while it was measured (VmHWM), in MB.',
    byOperation(results, (name, operation) =>
      count(median(series(results, name, operation, 'memory')) / 1_000_000),
    ),
  ].join('\n\n');
}

function describe({ machine, settings }) {
  const lines = [
    `Measured on ${machine.date} at commit ${machine.commit}: ${machine.cores} cores (${machine.processor}) shared by the server, PostgreSQL and wrk, ${Math.round(machine.memory / 2 ** 30)} GiB of memory, Linux ${machine.system}, Node ${machine.node}, Node ${machine.postgraphileNode} for PostGraphile, PostgreSQL ${machine.postgresql} (${settings.database}, shared_buffers ${machine.sharedBuffers}).`,
    `Data: ${shape.users} users x ${shape.sessionsOfUser} sessions x ${shape.messagesOfSession} messages of ${textLength.join(' to ')} characters, ${machine.databaseSize}. ${settings.rounds} interleaved rounds, ${settings.seconds} s for each cell after ${settings.warmUp} s of warm-up, ${settings.connections} connections, pools of ${settings.poolSize}.`,
    `Other load on the machine is not the bench's to see: the load average was ${machine.loadBefore} before the rounds and ${machine.loadAfter} after them.`,
  ];
  const meanings = Object.entries(operations).map(([name, { title }]) => `- ${name}: ${title}`);
  return `${lines.join('\n\n')}\n\n${meanings.join('\n')}`;
}

function ratioSection(results) {
  const others = results.contenders.filter((name) => name !== 'chatledger');
  const rows = others.map((name) => [
    name === 'control' ? 'A/A control' : contenders[name].title,
    ...results.operations.map((operation) => ratioCell(ratios(results, 'chatledger', name, operation))),
  ]);
  return [
    '### Chatledger over the others',
    'Requests per second of Chatledger divided by those of the other in the same round: median, least and greatest. The A/A control is Chatledger against itself: a difference within its spread is none.',
    table(['Chatledger over', ...results.operations], rows),
  ];
}

function byOperation({ contenders: names, operations: asked }, cell) {
  return table(
    ['', ...asked],
    names.map((name) => [contenders[name].title, ...asked.map((operation) => cell(name, operation))]),
  );
}
