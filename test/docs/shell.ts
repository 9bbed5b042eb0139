import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const inProject = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Milliseconds that a command may take, and a server until it listens. Less than a test may, which cleans up then. */
const patience = 40_000;

/** A terminal in which somebody tries what a page says. What one block exports, the next ones have. */
export interface Shell {
  /** Writes a file that later blocks may read. */
  write(name: string, text: string): Promise<void>;
  /** @returns what it printed to standard output. @throws when it fails, with all that it printed */
  run(script: string): Promise<string>;
  /** Starts a server, in the place of one that was started before. @returns its address, without a path */
  serve(script: string): Promise<string>;
  /** Runs a program of Node.js. @returns what it printed to standard output */
  node(file: string): Promise<string>;
  close(): Promise<void>;
}

/** @param environment what every block finds. `npx chatledger` is this project's, and there is no other npx */
export async function openShell(environment: Record<string, string>): Promise<Shell> {
  const home = await mkdtemp(path.join(tmpdir(), 'chatledger-docs-'));
  const folder = path.join(home, 'work');
  const state = path.join(home, 'exported');
  await mkdir(folder);
  await symlink(inProject('examples'), path.join(folder, 'examples'));
  await symlink(inProject('dist'), path.join(folder, 'dist'));
  const npx = `#!/bin/sh\ntest "$1" = chatledger || exit 127\nshift\nexec "${process.execPath}" "${inProject('dist/main.js')}" "$@"\n`;
  await writeFile(path.join(home, 'npx'), npx);
  await chmod(path.join(home, 'npx'), 0o755);
  await writeFile(state, '');
  const env = { PATH: `${home}:${process.env['PATH'] ?? ''}`, LC_ALL: 'C.UTF-8', HOME: home, ...environment };
  let server: ChildProcess | undefined;

  const start = (program: string, args: string[]) =>
    spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const bash = (script: string) => ['-eu', '-c', `source '${state}'\n${script}`];

  async function outputOf(child: ReturnType<typeof start>): Promise<string> {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk) => (output[name] += String(chunk)));
    const timer = killing(child);
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    clearTimeout(timer);
    if (code !== 0) throw new Error(`Ended with ${code ?? signal}:\n${output.stdout}\n${output.stderr}`);
    return output.stdout;
  }

  async function stopServer(): Promise<void> {
    const running = server;
    server = undefined;
    if (running?.exitCode !== null || running.signalCode !== null || running.pid === undefined) return;
    const exited = once(running, 'exit');
    running.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    if (code !== 0) throw new Error(`The server ended with ${code ?? 'a signal'}.`);
  }

  return {
    write: (name, text) => writeFile(path.join(folder, name), text),
    run: (script) => outputOf(start('bash', bash(`trap 'declare -px > "${state}"' EXIT\n${script}`))),
    node: (file) =>
      outputOf(start('bash', bash(`exec '${process.execPath}' --enable-source-maps '${file}'`))),
    async serve(script) {
      await stopServer();
      const child = start('bash', bash(`export PORT=0\n${asItself(script)}`));
      server = child;
      let told = '';
      child.stderr.on('data', (chunk) => (told += String(chunk)));
      const timer = killing(child);
      const port = await new Promise<number>((resolve, reject) => {
        child.once('exit', () => {
          reject(new Error(`The server ended:\n${told}`));
        });
        createInterface({ input: child.stdout }).on('line', (line) => {
          const entry = JSON.parse(line) as { msg: string; port?: number };
          if (entry.msg === 'listening' && entry.port !== undefined) resolve(entry.port);
        });
      });
      clearTimeout(timer);
      return `http://127.0.0.1:${port}`;
    },
    async close() {
      try {
        await stopServer();
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

/** Ends what takes too long, with all that it has started. */
function killing({ pid }: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  }, patience);
}

/** So that signals reach the server: the last line is its command, with variables in front. */
function asItself(script: string): string {
  const lines = script.trim().split('\n');
  return [...lines.slice(0, -1), `exec env ${lines.at(-1) ?? ''}`].join('\n');
}
