import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from './client.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** `chatledger` as its user runs it: a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  as(userId?: string): Client;
  kill(signal: NodeJS.Signals): void;
  /** How it ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** What it has told its user so far. */
  readonly told: () => string;
  /** The lines of its log so far. */
  readonly log: readonly LogLine[];
}

/** A line of the log, as far as tests look at it. */
export interface LogLine {
  readonly msg: string;
  readonly port?: number;
  /** The process that wrote it, when there are several. */
  readonly pid?: number;
  /** The process that it is about. */
  readonly worker?: number;
  readonly pause?: number;
  readonly requestId?: string;
}

/**
 * Starts a server on a free port.
 *
 * @param detached whether it leads a process group of its own, as a terminal gives it one
 * @param program the script that is `chatledger`: what the build has made, unless another is named
 * @throws when it ends before it listens, with what it said
 */
export async function startServer(
  environment: Record<string, string>,
  detached = false,
  program = main,
): Promise<ServerProcess> {
  // A busy machine may take long to finish what is under way, and is not to be cut short.
  const patient = { STOP_TIMEOUT_SECONDS: '3600', ...environment };
  const child = launch(['serve'], { PORT: '0', ...patient }, detached, program);
  const { pid, stdout, stderr } = child;
  let told = '';
  const log: LogLine[] = [];
  stderr?.on('data', (chunk) => (told += String(chunk)));
  const exited = once(child, 'exit').then((event) => {
    const [code, signal] = event as [number | null, NodeJS.Signals | null];
    return { code, signal };
  });
  if (pid === undefined || !stdout) throw new Error('The server could not be started.');

  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as LogLine;
      log.push(entry);
      if (entry.msg === 'listening' && entry.port !== undefined) resolve(entry.port);
    });
    void exited.then(({ code }) => {
      reject(new Error(`The server ended with ${code ?? 'a signal'}:\n${told}`));
    });
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  return {
    pid,
    url,
    exited,
    told: () => told,
    log,
    as: (userId) => createClient(url, userId === undefined ? {} : { 'x-user-id': userId }),
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

/** Runs a command to its end. */
export async function runCommand(
  command: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = launch(command, environment);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (output.stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Starts a command, without waiting for anything. */
export function launch(
  command: readonly string[],
  environment: Record<string, string>,
  detached = false,
  program = main,
): ChildProcess {
  return spawn(process.execPath, [program, ...command], {
    // TMPDIR also tells to which run of the tests it belongs.
    env: { PATH: process.env['PATH'], TMPDIR: tmpdir(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
}
