import { shape } from '../data/shape.js';
import { operations } from '../operations.js';
import { count, failures, ratioCell } from './cells.js';
import { median, ratios, series } from './statistics.js';
import { table } from '../../scripts/table.js';

/** The report of `npm run workers`. Medians over the rounds throughout. */
export function workersToMarkdown(results) {
  const { machine, settings, workers, operations: asked, cells } = results;
  const names = workers.map(({ count }) => String(count));
  const byWorkers = (rows, cell) =>
    table(
      ['', ...asked],
      rows.map((name) => [`WORKERS=${name}`, ...asked.map((operation) => cell(name, operation))]),
    );
  const middle = (name, operation, figure) => median(series(results, name, operation, figure));
  const pools = workers.map(({ count, poolSize }) => `${count} x ${poolSize}`).join(', ');
  return [
    `Measured on ${machine.date} at commit ${machine.commit}: ${machine.cores} cores (${machine.processor}) shared by all processes, PostgreSQL and wrk, Linux ${machine.system}, Node ${machine.node}, PostgreSQL ${machine.postgresql} (${settings.database}). The load average was ${machine.loadBefore} before the rounds and ${machine.loadAfter} after them.`,
    `${settings.rounds} interleaved rounds, ${settings.seconds} s for each cell after ${settings.warmUp} s of warm-up, and a round before them that does not count; ${settings.connections} connections of wrk. Pools of ${pools} connections, and one more of each worker that listens. Data: ${shape.users} users x ${shape.sessionsOfUser} sessions x ${shape.messagesOfSession} messages.`,
    `wrk has one thread, and workers can only use what it and PostgreSQL leave of ${machine.cores} cores: this shows what workers cost and gain on such a machine, not how far they scale.`,
    asked.map((name) => `- ${name}: ${operations[name].title}`).join('\n'),
    '### Requests per second, and CPU of all processes per request',
    'In brackets: microseconds of CPU (user and system) of the primary and its workers, without PostgreSQL and wrk.',
    byWorkers(
      names,
      (name, operation) =>
        `${count(middle(name, operation, 'rate'))} (${count(middle(name, operation, 'cpu'))})`,
    ),
    ...failures(cells, (name) => `WORKERS=${name}`),
    '### Workers over one process',
    'Requests per second divided by those of WORKERS=1 in the same round: median, least and greatest.',
    byWorkers(names.slice(1), (name, operation) => ratioCell(ratios(results, name, names[0], operation))),
    '### Peak memory of all processes',
    'Resident memory of the primary and its workers at most while it was measured (VmHWM, added up), in MB. Pages that they share count once for each.',
    byWorkers(names, (name, operation) => count(middle(name, operation, 'memory') / 1_000_000)),
  ].join('\n\n');
}
