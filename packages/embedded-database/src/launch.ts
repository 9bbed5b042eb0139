import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from './binaries.js';
import { readIfThere } from './cluster-files.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainSpawnError } from './failure.js';
import type { FolderLock } from './folder-lock.js';
import { parsePostmasterFile, postmasterFile } from './postmaster.js';
import { spawnOptions } from './run.js';
import type { Site } from './site.js';

const pollMs = 10;
const slowMs = 5_000;
/** Recovery after a crash can take minutes; a server that is alive is given this long. */
const recoveryMs = 600_000;
const giveUpMs = 1_000;

/**
 * Durability stays at PostgreSQL's defaults (fsync on). The log keeps starts, stops and crashes: failed statements
 * would put message content and credentials into it.
 */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

interface Launched {
  readonly server: ChildProcess;
  /** The error when it could not be executed, otherwise undefined. */
  readonly ended: Promise<{ readonly error: unknown }>;
}

/**
 * Starts a server process that outlives this one and waits until it is ready. Undefined when it is, otherwise what
 * it printed before it ended. Every attempt has a log of its own, which becomes the log of the cluster when the
 * server is ready; so logs stay short, and what is read is never of another attempt.
 */
export async function launch(
  site: Site,
  lock: FolderLock,
  port: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const log = `${site.files.log}.${randomBytes(4).toString('hex')}`;
  const { server, ended } = await spawnServer(site, lock, port, log);
  const startedAt = Date.now();
  let toldSlow = false;
  while (!(await isReady(site, server))) {
    const end = await Promise.race([ended, sleep(pollMs)]);
    if (end !== undefined) {
      const output = await readFile(log, 'utf8');
      await rename(log, `${site.files.log}.failed`);
      if (end.error !== undefined) throw explainSpawnError(program(site.binaries, 'postgres'), end.error);
      return output;
    }
    const elapsedMs = Date.now() - startedAt;
    if (signal.aborted || elapsedMs > recoveryMs) {
      server.kill('SIGINT');
      if ((await Promise.race([ended, sleep(giveUpMs)])) === undefined) server.kill('SIGQUIT');
      await rm(log, { force: true });
      signal.throwIfAborted();
      throw notReady(site);
    }
    if (!toldSlow && elapsedMs > slowMs) {
      site.say('The database server is still starting: after a crash it replays its log first.');
      toldSlow = true;
    }
  }
  await rename(log, site.files.log);
  return undefined;
}

async function spawnServer(site: Site, lock: FolderLock, port: number, log: string): Promise<Launched> {
  const postgres = program(site.binaries, 'postgres');
  const file = await open(log, 'ax', 0o600);
  try {
    const server = spawn(postgres, serverArguments(site, port), {
      ...spawnOptions(site.runAs),
      detached: true,
      stdio: ['ignore', file.fd, file.fd, lock.descriptor ?? 'ignore'],
    });
    // Before anything is awaited: a server that fails at once would have ended unheard.
    const ended = new Promise<{ error: unknown }>((resolve) => {
      server.once('exit', () => {
        resolve({ error: undefined });
      });
      server.on('error', (error) => {
        resolve({ error });
      });
    });
    server.unref();
    return { server, ended };
  } catch (error) {
    throw explainSpawnError(postgres, error);
  } finally {
    await file.close();
  }
}

const serverArguments = (site: Site, port: number) => [
  ...['-D', site.files.data, '-p', String(port)],
  ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
];

async function isReady(site: Site, server: ChildProcess): Promise<boolean> {
  const text = await readIfThere(postmasterFile(site.files.data));
  const postmaster = text === undefined ? undefined : parsePostmasterFile(text);
  return postmaster?.pid === server.pid && postmaster?.status === 'ready';
}

const notReady = ({ files }: Site) =>
  new EmbeddedDatabaseError('server', `The database server in ${files.data} did not get ready in time.`);
