import { measuredOn } from '../report/measured-on.js';
import { table } from '../../scripts/table.js';

/** The part of the report on how cost grows. */
export function toMarkdown({ machine, settings, curves, watchers }) {
  return [
    measuredOn(machine, settings),
    `One request at a time over HTTP, on a connection that is kept, ${settings.requests} at each point after a warm-up; the sizes of a table take turns request by request. Times are the median and the 95th percentile in milliseconds from sending a request to having its answer. Below them stand the rows of messages and sessions that the statements of a request look at, and the pages of 8 kB (shared buffers) that they touch, as \`EXPLAIN (ANALYZE, BUFFERS)\` tells them, the greater figure of a plan for the values and of one once for all. The measurement fails when one of the two tables is not read by an index, when more rows are read than are asked for, or when the pages grow to more than three times those of the smallest size that fills what is asked for.`,
    ...curves.flatMap(describeCurve),
    ...(watchers ? describeWatchers(watchers) : []),
  ].join('\n\n');
}

function describeCurve({ title, unit, notes, operations }) {
  const sizes = operations[0].points.map(({ at }) => at.toLocaleString('en'));
  const head = [unit, ...sizes];
  const rows = (cell) => operations.map((each) => [each.title, ...each.points.map((point) => cell(point))]);
  const times = rows(({ median, p95 }) => `${ms(median)} / ${ms(p95)}`);
  const perMessage = operations
    .filter(({ isBatch }) => isBatch)
    .map(({ points }) => ['per message', ...points.map(({ at, median }) => ms(median / at))]);
  const reads = rows(
    ({ rows: { ChatMessage, ChatSession }, buffers }) =>
      `${whole(ChatMessage)} + ${whole(ChatSession)}; ${whole(buffers)}`,
  );
  return [
    `### ${title}`,
    notes,
    table(head, [...times, ...perMessage]),
    'Rows of messages + of sessions; pages:',
    table(head, reads),
  ];
}

function describeWatchers({ apart, together, left, openFiles }) {
  const sizes = (points) => points.map(({ at }) => at.toLocaleString('en'));
  const both = ({ median, p95 }) => `${ms(median)} / ${ms(p95)}`;
  const kilobytes = (bytes) => (bytes === null ? '-' : (bytes / 1_000).toFixed(1));
  const row = (title, points, cell) => [title, ...points.map(cell)];
  const missing = left.map((count) => count.toLocaleString('en')).join(' and ');
  return [
    '### The number of watchers',
    'Subscriptions over server-sent events, each on a connection of its own, to one process, which is in development mode and counts its memory after collections. First: so many idle ones, each of a session of its own, beside one more, whose session is appended to 50 times, each time when the last append has arrived. Memory is told from 1,000 on; the resident one also gives back what the server needed before.',
    ...(left.length > 0
      ? [`A process may open ${openFiles} files here (\`ulimit -n\`), so ${missing} watchers are left out.`]
      : []),
    table(
      ['idle watchers', ...sizes(apart)],
      [
        row('append, ms', apart, ({ answered }) => both(answered)),
        row('until its watcher has it, ms', apart, ({ arrived }) => both(arrived)),
        row("server's CPU per append, ms", apart, ({ cpu }) => ms(cpu)),
        row('JavaScript heap per idle watcher, kB', apart, ({ heap }) => kilobytes(heap)),
        row('resident memory per idle watcher, kB', apart, ({ rss }) => kilobytes(rss)),
      ],
    ),
    'All on one session, 20 appends:',
    table(
      ['watchers of one session', ...sizes(together)],
      [
        row('append, ms', together, ({ answered }) => both(answered)),
        row('until the last one has it, ms', together, ({ arrived }) => both(arrived)),
        row("server's CPU per event, ms", together, ({ cpu }) => cpu.toFixed(3)),
      ],
    ),
  ];
}

const ms = (value) => value.toFixed(value < 10 ? 2 : 1);
const whole = (value) => Math.round(value).toLocaleString('en');
