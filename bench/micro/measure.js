import { performance } from 'node:perf_hooks';
import { median } from '../report/statistics.js';
import { table } from '../../scripts/table.js';
import { settings } from '../settings.js';

/**
 * Runs each way again and again for `seconds`, `lanes` at a time, in interleaved rounds after one that does not count.
 *
 * @param ways functions by name, each called with a counter
 * @returns for each way the medians: calls per second, microseconds of this process's CPU per call, milliseconds of a call
 */
export async function compare(ways, { lanes, seconds = settings.seconds }) {
  const found = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= settings.rounds; round++) {
    for (const [name, call] of Object.entries(ways)) {
      const figures = await repeat(call, { lanes, seconds: round === 0 ? 1 : seconds });
      if (round > 0) found[name].push(figures);
    }
  }
  return Object.entries(found).map(([name, rounds]) => ({
    name,
    rate: median(rounds.map(({ rate }) => rate)),
    spread: [Math.min(...rounds.map(({ rate }) => rate)), Math.max(...rounds.map(({ rate }) => rate))],
    cpu: median(rounds.map(({ cpu }) => cpu)),
    latency: median(rounds.map(({ latency }) => latency)),
  }));
}

async function repeat(call, { lanes, seconds }) {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const until = began + seconds * 1_000;
  let calls = 0;
  const lane = async () => {
    while (performance.now() < until) await call(calls++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const { user, system } = process.cpuUsage(cpu);
  const milliseconds = performance.now() - began;
  return {
    rate: (calls * 1_000) / milliseconds,
    cpu: (user + system) / calls,
    latency: (milliseconds * lanes) / calls,
  };
}

/** What `compare` found, as a table. */
export function toTable(title, found) {
  const whole = (value) => Math.round(value).toLocaleString('en');
  const rows = found.map(({ name, rate, spread, cpu, latency }) => [
    name,
    whole(rate),
    spread.map(whole).join(' to '),
    whole(cpu),
    latency.toFixed(2),
  ]);
  return `### ${title}\n\n${table(['', 'calls/s', 'of the rounds', 'CPU us per call', 'ms per call'], rows)}`;
}
