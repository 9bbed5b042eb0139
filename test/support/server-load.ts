import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { ServerProcess } from './server-process.js';
import { until } from './until.js';

/** Linux tells what a process uses. Elsewhere these tests are skipped. */
export const testOnLinux = existsSync('/proc/self/status') ? test : test.skip;

/** What a server needed for something. */
export interface Load {
  /** Megabytes by which its memory grew at most. */
  readonly grown: number;
  /** Seconds of CPU time that its main thread took in all. */
  readonly cpu: number;
  /** Seconds of CPU time that its main thread took for other things while somebody waited for /health, at most. */
  readonly stalled: number;
}

/** Megabytes of memory (RSS) of a process. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
}

/** Seconds of CPU time that the main thread of a process has taken. Other work on the machine does not count. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Does something to a server, and meanwhile asks it for /health all the time. */
export async function loadDuring<Result>(
  { pid, url }: Pick<ServerProcess, 'pid' | 'url'>,
  act: () => Promise<Result>,
): Promise<Load & { readonly result: Result }> {
  const health = new URL('/health', url);
  const before = { memory: await memoryOf(pid), cpu: await cpuOf(pid) };
  let [grown, stalled, isOver] = [0, 0, false];
  const watching = (async () => {
    while (!isOver) {
      const asked = await cpuOf(pid);
      expect((await fetch(health)).status).toBe(200);
      stalled = Math.max(stalled, (await cpuOf(pid)) - asked);
      grown = Math.max(grown, (await memoryOf(pid)) - before.memory);
      await sleep(5);
    }
  })();
  try {
    const result = await act();
    return { result, cpu: (await cpuOf(pid)) - before.cpu, grown, stalled };
  } finally {
    isOver = true;
    await watching;
  }
}

/**
 * Seconds of CPU time that this machine takes for work that takes a quick one 0.1 s: what is asked of a server is asked
 * in proportion to it.
 */
export function unitOfWork(): number {
  const text = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => ({ id: n, text: `message ${n}` })));
  const took = [1, 2, 3].map(() => {
    const begun = process.cpuUsage();
    for (let round = 0; round < 30; round += 1) JSON.parse(text);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1_000_000;
  });
  return Math.min(...took);
}

/** Waits until a server has come to rest, so that what comes next is measured alone. */
export async function atRest({ pid }: Pick<ServerProcess, 'pid'>): Promise<void> {
  let last = -1;
  await until(async () => {
    const cpu = await cpuOf(pid);
    const rests = cpu === last;
    last = cpu;
    if (!rests) await sleep(200);
    return rests;
  });
}
