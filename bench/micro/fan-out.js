import { once } from 'node:events';
import { request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { chatledger } from '../contenders/chatledger.js';
import { send } from '../contenders/send.js';
import { startContender } from '../contenders/start.js';
import { parametersOf } from '../operations.js';
import { median } from '../report/statistics.js';
import { table } from '../../scripts/table.js';
import { cpuMicroseconds, peakMemory, resetPeakMemory } from '../measure/process.js';

const appends = 50;
const counts = [1, 10, 100, 1_000];

/** One user watches more often than a server allows by default. */
const watched = {
  ...chatledger,
  environment: (url, port) => ({ ...chatledger.environment(url, port), LIVE_LIMIT: String(counts.at(-1)) }),
};

/**
 * One session with so many watchers over server-sent events, in one process: how long after its acknowledgement an
 * append has reached the last of them, and what it costs the server for each.
 */
export async function measureFanOut({ url }) {
  const server = await startContender(watched, url);
  try {
    const rows = [];
    for (const watchers of counts) rows.push(await measureWatchers(server, watchers));
    const head = ['watchers', 'append ms', 'last one told, ms', 'at most', 'CPU us per event', 'peak MB'];
    return [`### Fan-out, medians of ${appends} appends one after the other\n\n${table(head, rows)}`];
  } finally {
    await server.stop();
  }
}

async function measureWatchers({ port, pid }, count) {
  const [parameters] = parametersOf('M1', 1);
  const streams = [];
  for (let n = 0; n < count; n++) streams.push(await watch(port, parameters));
  try {
    const found = [];
    resetPeakMemory(pid);
    const before = cpuMicroseconds(pid);
    for (let n = 0; n < appends; n++) found.push(await appendAndWait(port, parameters, streams));
    const cpu = (cpuMicroseconds(pid) - before) / (appends * count);
    const told = found.map((each) => each.told);
    return [
      count.toLocaleString('en'),
      median(found.map((each) => each.acknowledged)).toFixed(1),
      median(told).toFixed(1),
      Math.max(...told).toFixed(1),
      cpu.toFixed(0),
      (peakMemory(pid) / 1_000_000).toFixed(0),
    ];
  } finally {
    for (const stream of streams) stream.end();
  }
}

/** Milliseconds from sending an append until its answer, and until the last watcher has its event. */
async function appendAndWait(port, parameters, streams) {
  const began = performance.now();
  const told = Promise.all(streams.map((stream) => stream.next())).then(() => performance.now() - began);
  await send(chatledger, port, 'M1', parameters);
  const acknowledged = performance.now() - began;
  return { acknowledged, told: await told };
}

/** Opens a subscription; resolves when it has caught up. */
async function watch(port, { userId, sessionId }) {
  const { headers } = await chatledger.request('M1', { userId, sessionId, message: { role: 'user' } });
  const outgoing = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/graphql',
    agent: false,
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
  });
  const query = `subscription Watch($sessionId: ID!) {
    chatSessionChanges(sessionId: $sessionId) {
      revision
      ... on ChatMessagesAppended { chatMessages { id sequence role content } }
    }
  }`;
  outgoing.end(JSON.stringify({ query, variables: { sessionId } }));
  const [response] = await once(outgoing, 'response');
  if (response.statusCode !== 200) throw new Error(`A watcher was answered with ${response.statusCode}.`);
  const events = countEvents(response);
  await events.next();
  return { next: events.next, end: () => outgoing.destroy() };
}

/** `next` resolves at the next event that has come in and was not waited for. */
function countEvents(response) {
  let [rest, unread, resolve] = ['', 0, undefined];
  response.on('error', () => undefined);
  response.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop();
    unread += parts.filter((part) => part.includes('event: next')).length;
    if (unread > 0 && resolve) {
      unread--;
      resolve();
      resolve = undefined;
    }
  });
  return {
    next: () =>
      new Promise((done, fail) => {
        if (unread > 0) {
          unread--;
          done();
          return;
        }
        const timer = setTimeout(() => fail(new Error('A watcher was not told within 10 s.')), 10_000);
        resolve = () => {
          clearTimeout(timer);
          done();
        };
      }),
  };
}
