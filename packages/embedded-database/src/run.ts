import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** An account of the operating system, with an entry in /etc/passwd. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** How a program ended, with the last 16 kB of what it printed to either stream. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

const outputLimit = 16 * 1024;

/**
 * Options of `spawn` for one of PostgreSQL's programs: nothing of the caller's environment (no PG* variables),
 * messages in English so that they can be classified, and the given user without any supplementary groups
 * (libuv calls setgroups(0) whenever uid and gid are given). Windows programs do not start without its variables.
 */
export function spawnOptions(as: OsUser | undefined) {
  return {
    ...(platform() === 'win32'
      ? { windowsHide: true }
      : {
          cwd: '/',
          env: {
            PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
            LC_ALL: 'C',
            TZ: 'UTC',
          },
        }),
    ...(as === undefined ? {} : { uid: as.uid, gid: as.gid }),
  };
}

/**
 * Runs a program to its end, as the given user (undefined: as ourselves). After `timeoutMs` (default two minutes)
 * it is killed, and this rejects; so it does, with the system's error, when the program can't be started at all.
 */
export function run(
  command: string,
  args: readonly string[],
  as: OsUser | undefined,
  timeoutMs = 120_000,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...spawnOptions(as),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in a terminal is for us: it must not cut off a program half-way that we wait for.
      detached: platform() !== 'win32',
      // Not the option "timeout": its timer goes on, and holds the process, when the program can't be started.
      signal: AbortSignal.timeout(timeoutMs),
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-outputLimit);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve({ exitCode, signal, output });
    });
  });
}
