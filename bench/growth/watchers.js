import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, watch } from '../../scripts/measure-live/server.js';
import { sessionId, shape, userId } from '../data/shape.js';
import { median, quantile } from '../report/statistics.js';

const counts = [1, 10, 100, 1_000, 5_000];
/** Appends after each of which the watchers are waited for. */
const appends = { apart: 50, together: 20 };
/** Below so many watchers the memory of one drowns in what the server takes anyway. */
const weighable = 1_000;
/** Milliseconds in which the server lets go of what it needed before its memory is read. */
const rest = 3_000;
/** Files that a process has open besides the connections of watchers. */
const spareFiles = 200;

const Append = `mutation Append($sessionId: ID!) {
  appendChatMessage(input: { sessionId: $sessionId, message: { role: USER, content: "for those who watch" } }) {
    __typename
  }
}`;

/**
 * What watchers cost: idle ones, each of a session of its own, for an append that another one watches; and many of one
 * session.
 *
 * @returns `apart`: for each count the append's milliseconds until its answer, and until its watcher is told; the
 *   server's CPU for it in milliseconds; bytes of resident memory and of heap for each idle watcher, or null where
 *   they are fewer than 1,000, too few to tell. `together`: the same times until the last one is told, and CPU for each event. `left`:
 *   counts that were left out, because a process may not open so many files
 */
export async function measureWatchers(url, say) {
  const openFiles = limitOfOpenFiles();
  const possible = counts.filter((count) => count + spareFiles <= openFiles);
  const left = counts.filter((count) => !possible.includes(count));
  const apart = await withServer(url, (server) => measureApart(server, possible, say));
  const together = await withServer(url, (server) => measureTogether(server, possible, say));
  return { apart, together, left, openFiles: Number.isFinite(openFiles) ? openFiles : null };
}

async function measureApart(server, possible, say) {
  const [active, ...idle] = sessions(counts.at(-1) + 1);
  const told = await watchers(server, [active]);
  await appendAndWait(server, active, told, 100);
  await server.usage();
  await sleep(rest);
  const before = await server.usage();
  const watching = [];
  const found = [];
  for (const count of possible) {
    say(`  ${count} idle watchers ...`);
    watching.push(...(await watchAll(server, idle.slice(watching.length, count), () => undefined)));
    if (count >= weighable) await sleep(rest);
    const held = await server.usage();
    const times = await appendAndWait(server, active, told, appends.apart);
    const after = await server.usage();
    const ofOne = (figure) => (count < weighable ? null : (held[figure] - before[figure]) / count);
    found.push({
      at: count,
      ...times,
      cpu: (after.cpu - held.cpu) / appends.apart,
      rss: ofOne('rss'),
      heap: ofOne('heap'),
    });
  }
  for (const watcher of [...watching, ...told.watching]) watcher.stop();
  return found;
}

async function measureTogether(server, possible, say) {
  const [session] = sessions(1);
  const told = await watchers(server, []);
  const found = [];
  for (const count of possible) {
    say(`  ${count} watchers of one session ...`);
    await told.add(Array.from({ length: count - told.watching.length }, () => session));
    if (count === 1) await appendAndWait(server, session, told, 100);
    const before = await server.usage();
    const times = await appendAndWait(server, session, told, appends.together);
    const after = await server.usage();
    found.push({ at: count, ...times, cpu: (after.cpu - before.cpu) / appends.together / count });
  }
  for (const watcher of told.watching) watcher.stop();
  return found;
}

/** Watchers that are waited for together: `next` resolves with the time at which the last of them has an event more. */
async function watchers(server, watched) {
  const watching = [];
  let missing = 0;
  let resolve;
  const onEvent = (_event, now) => {
    missing -= 1;
    if (missing === 0) resolve(now);
  };
  const add = async (more) => {
    watching.push(...(await watchAll(server, more, onEvent)));
  };
  await add(watched);
  const next = () =>
    new Promise((done, fail) => {
      const timer = setTimeout(
        () => fail(new Error(`${missing} watchers were not told within 20 s.`)),
        20_000,
      );
      missing = watching.length;
      resolve = (now) => {
        clearTimeout(timer);
        done(now);
      };
    });
  return { watching, add, next };
}

async function appendAndWait(server, { id, userId }, told, times) {
  const [answered, arrived] = [[], []];
  for (let n = 0; n < times; n++) {
    const next = told.next();
    const began = performance.now();
    const [last] = await Promise.all([
      next,
      server.run(userId, Append, { sessionId: id }).then(() => answered.push(performance.now() - began)),
    ]);
    arrived.push(last - began);
  }
  const both = (values) => ({ median: median(values), p95: quantile(values, 0.95) });
  return { answered: both(answered), arrived: both(arrived) };
}

async function watchAll(server, watched, onEvent) {
  const watching = [];
  for (let n = 0; n < watched.length; n += 50) {
    const part = watched.slice(n, n + 50);
    watching.push(...(await Promise.all(part.map((session) => watch(server.origin, session, onEvent)))));
  }
  return watching;
}

async function withServer(url, run) {
  const server = await startServer(url, { NODE_ENV: 'production' });
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

/** Sessions of the data set. */
function sessions(count) {
  return Array.from({ length: count }, (_, n) => {
    const user = Math.floor(n / shape.sessionsOfUser);
    return { userId: userId(user), id: sessionId(user, n % shape.sessionsOfUser) };
  });
}

function limitOfOpenFiles() {
  const text = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Infinity : Number(text);
}
