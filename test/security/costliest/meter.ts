import { readFile, writeFile } from 'node:fs/promises';
import type pg from 'pg';
import type { ServerProcess } from '../../support/server-process.js';
import type { Body } from './request.js';

/** What a request cost. */
export interface Measured {
  /** Seconds of CPU time of the server, all threads together. */
  readonly cpu: number;
  /** Megabytes by which its memory grew at most. */
  readonly memory: number;
  /** Seconds of CPU time of the database. */
  readonly database: number;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** `extensions.cost` of the answer. */
  readonly cost: number | undefined;
  /** Codes of its errors, each once. */
  readonly codes: readonly string[];
}

/** Seconds of CPU time that a process has taken. Other work on the machine does not count. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** Megabytes of memory of a process, as a line of its status has it. */
async function memoryOf(pid: number, line: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_000;
}

/**
 * Makes a meter: it sends a request, and measures what that costs a server and its database, which must run on this
 * machine.
 */
export function createMeter(server: ServerProcess, sql: pg.Pool, headers: Record<string, string>) {
  const backends = async (): Promise<Map<number, number>> => {
    const { rows } = await sql.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'chatledger' AND datname = current_database()`,
    );
    return new Map(await Promise.all(rows.map(async ({ pid }) => [pid, await cpuOf(pid)] as const)));
  };

  return async (body: Body): Promise<Measured> => {
    const before = await backends();
    // The highest memory is counted anew from here on: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
    await writeFile(`/proc/${server.pid}/clear_refs`, '5');
    const [memory, cpu] = [await memoryOf(server.pid, 'VmRSS'), await cpuOf(server.pid)];
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const measured = {
      cpu: (await cpuOf(server.pid)) - cpu,
      memory: Math.max(0, (await memoryOf(server.pid, 'VmHWM')) - memory),
      bytes: Buffer.byteLength(text),
    };
    let database = 0;
    for (const [pid, seconds] of await backends()) database += seconds - (before.get(pid) ?? 0);
    const codes = [...text.matchAll(/"extensions":\{"code":"([A-Z_]+)"/g)].map(([, code]) => code ?? '');
    const cost = /"cost":(\d+)/.exec(text.slice(-200))?.[1];
    return {
      ...measured,
      database: Math.max(0, database),
      cost: cost === undefined ? undefined : Number(cost),
      codes: [...new Set(codes)],
    };
  };
}
