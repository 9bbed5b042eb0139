import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../support/until.js';

const project = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
  await chmod(folder, 0o711);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Command lines of the processes that name the folder in them or in their environment. */
async function processesOf(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        return `${line}${environment}`.includes(folder) ? line.replaceAll('\0', ' ') : '';
      } catch {
        return '';
      }
    }),
  );
  return found.filter((line) => line !== '');
}

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a test run that ends by %s leaves no PostgreSQL, no server and no files',
  async (signal) => {
    const flags = ['--experimental-vm-modules', '--no-warnings'];
    const run = spawn(process.execPath, [...flags, 'scripts/test.js', 'test/process/stop.test'], {
      cwd: project,
      env: { PATH: process.env['PATH'], TMPDIR: folder },
      stdio: 'ignore',
    });
    const ended = once(run, 'exit');
    await until(async () => {
      const processes = await processesOf();
      return (
        processes.some((line) => line.includes('postgres -D')) &&
        processes.some((line) => line.includes('main.js serve'))
      );
    });

    run.kill(signal);
    await ended;

    await until(async () => (await processesOf()).length === 0);
    expect((await readdir(folder)).filter((name) => name.startsWith('chatledger'))).toEqual([]);
  },
);
