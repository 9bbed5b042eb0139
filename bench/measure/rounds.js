import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { restoreData } from '../data/load.js';
import { runWrk, writeRequests } from '../load/wrk.js';
import { operations, parametersOf } from '../operations.js';
import { settings } from '../settings.js';
import { sampleAnswerSize } from './answer-size.js';
import { settle } from './settle.js';
import { cpuMicroseconds, peakMemory, resetPeakMemory } from './process.js';

/**
 * Measures every contender with every operation, round by round. In a round an operation is measured with one
 * contender after the other; each round begins with another one, and every second goes backwards, so that what the
 * machine does meanwhile, and what a contender leaves behind, hits all alike.
 *
 * @returns a list of cells: round, contender, operation, requests per second, CPU microseconds per request, peak
 *   memory in bytes, p50 and p99 in microseconds, bytes of an answer; how many requests failed, and whether answers
 *   were too short to be right. Requests that failed are not in the rate; the others bear their CPU
 */
export async function measureRounds(client, running, names, say, rounds = settings.rounds) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-bench-load-'));
  // Also when a signal ends the run.
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const files = await writeAllRequests(folder, running, names);
  const cells = [];
  for (let round = 0; round < rounds; round++) {
    for (const operation of names) {
      for (let turn = 0; turn < running.length; turn++) {
        const place = (round + (round % 2 === 0 ? turn : -turn) + running.length) % running.length;
        const one = running[place];
        const file = files.get(`${one.name} ${operation}`);
        const cell = {
          round,
          contender: one.name,
          operation,
          ...(await measureCell(client, one, operation, file)),
        };
        cells.push(cell);
        say(
          `round ${round + 1} ${operation} ${one.name}: ${Math.round(cell.rate)} requests/s, ` +
            `${Math.round(cell.cpu)} us of CPU each, p50 ${cell.p50} us, p99 ${cell.p99} us`,
        );
      }
    }
  }
  return cells;
}

async function writeAllRequests(folder, running, names) {
  const files = new Map();
  for (const { name, contender } of running) {
    for (const operation of names) {
      const file = path.join(folder, `${name}-${operation}`);
      const wanted = parametersOf(operation, operations[operation].requests);
      await writeRequests(
        file,
        await Promise.all(wanted.map((parameters) => contender.request(operation, parameters))),
      );
      files.set(`${name} ${operation}`, file);
    }
  }
  return files;
}

async function measureCell(client, one, operation, file) {
  const { port, pid } = one;
  const { appends } = operations[operation];
  const answerSize = appends ? 0 : await sampleAnswerSize(one, operation);
  const load = { port, file, connections: settings.connections };
  await runWrk({ ...load, seconds: settings.warmUp });
  await settle(client, pid);
  const stored = appends && (await countMessages(client));
  resetPeakMemory(pid);
  const cpuBefore = cpuMicroseconds(pid);
  const result = await runWrk({ ...load, seconds: settings.seconds });
  const cpu = cpuMicroseconds(pid) - cpuBefore;
  const memory = peakMemory(pid);
  await settle(client, pid);
  const kept = appends && (await countMessages(client)) - stored;
  if (appends) await restoreData(client);
  const failed = Math.max(result.failures, appends ? notStored(result.requests, kept, appends) : 0);
  const good = result.requests - failed;
  return {
    rate: (good * 1_000_000) / result.microseconds,
    cpu: cpu / good,
    memory,
    p50: result.p50,
    p99: result.p99,
    answerBytes: Math.round(result.bytes / result.requests),
    failed,
    // An error comes with status 200 too. wrk counts headers as well, and texts differ in length.
    short: result.bytes / result.requests < 0.9 * answerSize,
  };
}

/** Appends that were answered and not kept. Those whose answer wrk did not wait for are kept and not counted. */
function notStored(requests, messages, appends) {
  return Math.max(0, Math.round(requests - messages / appends));
}

async function countMessages(client) {
  const { rows } = await client.query('SELECT sum("messageCount")::int AS count FROM "ChatSession"');
  return rows[0].count;
}
