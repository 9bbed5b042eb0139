import { chatledger } from '../contenders/chatledger.js';
import { startContender } from '../contenders/start.js';
import { median, quantile } from '../report/statistics.js';
import { settings } from '../settings.js';
import { openClient } from './client.js';
import { openExplainer } from './explain.js';

/** Requests of each operation that are not measured, of all its points together. */
const warmUp = 500;

/**
 * Measures the points of each operation in turn, request by request, so that what the machine does meanwhile hits all
 * of them alike; and then looks at the plans.
 *
 * @param operations with `points`: `at`, the size; `request(n)`, see requests.js
 * @returns the operations with figures in the place of requests: `median` and `p95` in milliseconds, `rows` by table,
 *   `buffers`, `scans`, the last three the greater ones of both ways of planning; and `plans`, with each way
 */
export async function measure(url, operations, say) {
  const measured = [];
  const server = await startContender(chatledger, url);
  const client = openClient(server.port);
  const explainer = await openExplainer(url);
  try {
    for (const { points, ...operation } of operations) {
      say(`  ${operation.title} ...`);
      const found = await measurePoints(client, points);
      // Before the next operation, which may append.
      for (const point of found) await lookAtPlans(explainer, point);
      measured.push({ ...operation, points: found });
    }
  } finally {
    client.close();
    await explainer.close();
    await server.stop();
  }
  return measured;
}

async function measurePoints(client, points) {
  const times = points.map(() => []);
  const unmeasured = Math.ceil(warmUp / points.length);
  for (let n = 0; n < unmeasured + settings.growthRequests; n++) {
    for (const [index, point] of points.entries()) {
      const request = await point.request(n);
      const { text, milliseconds } = await client.send(request);
      request.check(text);
      if (n >= unmeasured) times[index].push(milliseconds);
    }
  }
  return points.map((point, index) => ({
    ...point,
    median: median(times[index]),
    p95: quantile(times[index], 0.95),
  }));
}

async function lookAtPlans(explainer, point) {
  const { most, scan } = await point.request(0);
  const plans = await explainer.explain(point.request);
  delete point.request;
  const rowsOf = ({ scans }, table) =>
    scans.filter((scan) => scan.table === table).reduce((sum, { rows }) => sum + rows, 0);
  const greatest = (figure) => Math.max(...plans.map(figure));
  const tables = Object.keys(most);
  Object.assign(point, {
    most,
    scan,
    plans,
    rows: Object.fromEntries(tables.map((table) => [table, greatest((plan) => rowsOf(plan, table))])),
    buffers: greatest(({ buffers }) => buffers),
  });
}
