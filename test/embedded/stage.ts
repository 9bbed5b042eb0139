import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '@chatledger/embedded-database';
import type { ResolvePackage } from '../../packages/embedded-database/src/binaries.js';

export const isRoot = userInfo().uid === 0;
export const nobody = { uid: 65_534, gid: 65_534 };

/** Runs a test as root; otherwise leaves it out under a name that says so. */
export const rootOnly = (name: string) => (isRoot ? name : `${name} (left out: needs root)`);

/** Whether an ordinary user can run the program from where it lies: not in a home folder that is closed to others. */
const isOpen =
  isRoot &&
  spawnSync('test', ['-r', fileURLToPath(new URL('../../dist/main.js', import.meta.url))], nobody).status ===
    0;

/** A test that runs the program as an ordinary user too. */
export const withOrdinaryUser = isOpen ? test : test.skip;
export const ordinaryUser = (name: string) =>
  isOpen ? name : `${name} (left out: needs root, and a project in a folder that is open to others)`;

type HolderEvent =
  | { said: string }
  | { url: string; directory: string }
  | { closed: true }
  | { trouble: string; message: string };

export interface HolderOptions {
  readonly dataDir?: string;
  readonly packageEntry?: string;
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** A process that holds the database. */
export interface Holder {
  readonly process: ChildProcess;
  readonly said: readonly string[];
  /** What came of opening; waits for it. */
  opened(): Promise<{ url: string; directory: string }>;
  failed(): Promise<{ trouble: string; message: string }>;
  close(): Promise<void>;
  kill(): Promise<void>;
}

/** A folder for one test, and everything that the test starts; `end` leaves nothing of it. */
export interface Stage {
  readonly folder: string;
  readonly dataDir: string;
  readonly systemDir: string;
  readonly said: readonly string[];
  /** Opens the database in this process. */
  open(options?: { dataDir?: string; resolvePackage?: ResolvePackage }): Promise<EmbeddedDatabase>;
  /** Opens the database in another process. */
  hold(options?: HolderOptions): Holder;
  /** Ends everything that was started, and leaves the folder as it is. */
  clear(): Promise<void>;
  end(): Promise<void>;
}

export async function makeStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'chatledger-embedded-'));
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  const systemDir = join(folder, 'system');
  let holders: Holder[] = [];
  let opened: EmbeddedDatabase[] = [];
  let said: string[] = [];
  const clear = async () => {
    await Promise.all([
      ...holders.map((holder) => holder.kill()),
      ...opened.map((database) => database.close()),
    ]);
    await killServersUnder(folder);
    [holders, opened, said] = [[], [], []];
  };
  return {
    folder,
    dataDir,
    systemDir,
    get said() {
      return said;
    },
    open: async (options = {}) => {
      const database = await openEmbeddedDatabase({
        name: 'chatledger',
        dataDir,
        systemDir,
        ...options,
        say: (line) => said.push(line),
      });
      opened.push(database);
      return database;
    },
    hold: (options = {}) => {
      const holder = startHolder({ dataDir, systemDir, ...options });
      holders.push(holder);
      return holder;
    },
    clear,
    end: async () => {
      await clear();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startHolder({ as, ...options }: HolderOptions & { systemDir: string }): Holder {
  const script = fileURLToPath(new URL('./holder.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    ...as,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const events: HolderEvent[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as HolderEvent;
    events.push(event);
    if ('said' in event) said.push(event.said);
  });
  const exit = once(child, 'exit');
  const outcome = () => until(() => events.find((event) => 'url' in event || 'trouble' in event));
  return {
    process: child,
    said,
    opened: async () => {
      const event = await outcome();
      if ('url' in event) return event;
      throw new Error(JSON.stringify(event));
    },
    failed: async () => {
      const event = await outcome();
      if ('trouble' in event) return event;
      throw new Error('It was opened.');
    },
    close: async () => {
      child.stdin.end('close\n');
      await until(() => events.find((event) => 'closed' in event));
      await exit;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Waits until the condition gives something else than undefined or false; fails after ten seconds. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 90_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${limitMs} ms: ${condition.toString()}`);
    await sleep(5);
  }
}

/** Runs one statement over a connection of its own and gives its rows. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The pid that PostgreSQL itself keeps in the data folder, undefined when there is none. */
export async function postmasterPid(directory: string): Promise<number | undefined> {
  try {
    const text = await readFile(join(directory, 'database', 'data', 'postmaster.pid'), 'utf8');
    return Number(text.split('\n')[0]);
  } catch {
    return undefined;
  }
}

/** Whether a process exists and has not ended (a zombie has). */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    return !/\) [ZX]/.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A private copy of the npm package with PostgreSQL's programs, as npm unpacks it: without links and x bits. */
export async function copyPackage(from: string, to: string): Promise<string> {
  await mkdir(to, { mode: 0o755 });
  const command = `cp -r "$1/." "$2" && find "$2" -type l -delete && chmod -R u=rwX,go=rX "$2" && chmod a-x "$2"/native/bin/*`;
  const copy = spawn('/bin/sh', ['-c', command, 'sh', from, to], { stdio: 'inherit' });
  const [code] = (await once(copy, 'exit')) as [number];
  if (code !== 0) throw new Error('The package could not be copied.');
  return join(to, 'dist', 'index.js');
}

async function killServersUnder(folder: string): Promise<void> {
  const isOurs = async (pid: string) => {
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return argv.includes(`\0-D\0${folder}`);
  };
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !(await isOurs(name))) continue;
    process.kill(Number(name), 'SIGKILL');
    await until(async () => !(await isRunning(Number(name))));
  }
}
