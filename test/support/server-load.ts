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
  /** Milliseconds that somebody waited for /health, at most. */
  readonly health: number;
  /** Milliseconds that another user waited for an answer, at most. */
  readonly query: number;
}

/** Megabytes of memory (RSS) of a process. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
}

/** Seconds of CPU time that the main thread of a process has taken. Other work on the machine does not count. */
async function cpuOf(pid: number): Promise<number> {
  return cpuIn(await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8'));
}

/** The same of all its threads. */
export async function processCpuOf(pid: number): Promise<number> {
  return cpuIn(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

function cpuIn(stat: string): number {
  // After the name, which may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Looks at the memory of a process all the time. `end` gives the megabytes by which it grew at most. */
export function watchMemory(pid: number): { end(): Promise<number> } {
  const state = { isOver: false };
  const watching = (async () => {
    const before = await memoryOf(pid);
    let most = before;
    while (!state.isOver) {
      await sleep(5);
      most = Math.max(most, await memoryOf(pid));
    }
    return most - before;
  })();
  return {
    end() {
      state.isOver = true;
      return watching;
    },
  };
}

/** Milliseconds after which something that is done to a server is given up. */
const longest = 120_000;

/** @throws in the end */
async function hung(): Promise<never> {
  await sleep(longest, undefined, { ref: false });
  throw new Error(`It was not over after ${longest} ms.`);
}

/**
 * Does something to a server, and meanwhile asks it for /health all the time.
 *
 * @param askAsOther sends a request of another user, over and over again too
 */
export async function loadDuring<Result>(
  { pid, url }: Pick<ServerProcess, 'pid' | 'url'>,
  act: () => Promise<Result>,
  askAsOther?: () => Promise<void>,
): Promise<Load & { readonly result: Result }> {
  const health = new URL('/health', url);
  const before = { memory: await memoryOf(pid), cpu: await cpuOf(pid) };
  const load = { grown: 0, stalled: 0, health: 0, query: 0 };
  const raise = (measure: keyof typeof load, value: number) => {
    load[measure] = Math.max(load[measure], value);
  };
  let isOver = false;
  const again = async (ask: () => Promise<void>): Promise<void> => {
    while (!isOver) {
      await ask();
      await sleep(5);
    }
  };
  const watching = Promise.all([
    again(async () => {
      const [asked, begun] = [await cpuOf(pid), performance.now()];
      expect((await fetch(health)).status).toBe(200);
      raise('health', performance.now() - begun);
      raise('stalled', (await cpuOf(pid)) - asked);
      raise('grown', (await memoryOf(pid)) - before.memory);
    }),
    askAsOther &&
      again(async () => {
        const begun = performance.now();
        await askAsOther();
        raise('query', performance.now() - begun);
      }),
  ]);
  watching.catch(() => undefined);
  try {
    const result = await Promise.race([act(), hung()]);
    isOver = true;
    await watching;
    return { result, cpu: (await cpuOf(pid)) - before.cpu, ...load };
  } finally {
    isOver = true;
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
