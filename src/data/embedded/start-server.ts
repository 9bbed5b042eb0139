import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import { program } from './binaries.js';
import { readIfThere, replaceFile } from './cluster-files.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainOutput, explainSpawnError, isFull } from './failure.js';
import { freePort, tryPort } from './free-port.js';
import { findPostmaster, parsePostmasterFile, postmasterFile } from './postmaster.js';
import { spawnOptions } from './run.js';
import type { Site } from './site.js';

const pollMs = 10;
const patienceMs = 15_000;
const slowMs = 5_000;
/** Recovery after a crash can take minutes; a server that is alive is given this long. */
const recoveryMs = 600_000;

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

/**
 * Starts a server on the site's cluster and waits until it is ready. It outlives this process. Call it under the
 * start claim, when no server runs. With `pinnedPort` it listens there or not at all (a `port` error); without, on
 * the port of the last start where that is free.
 */
export async function startServer(
  site: Site,
  pinnedPort: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  await removeStalePostmasterFile(site);
  const deadline = Date.now() + patienceMs;
  let port = pinnedPort ?? (await preferredPort(site));
  for (;;) {
    const output = await launch(site, port, signal);
    if (output === undefined) break;
    const error = await explainFailure(site, output);
    if (Date.now() > deadline) throw error;
    if (error.trouble === 'port' && pinnedPort === undefined) port = await freePort();
    else if (!isStillEnding(output)) throw error;
    await sleep(5 * pollMs);
    if ((await findPostmaster(site)) !== undefined) return;
  }
  if ((await readIfThere(site.files.port)) !== String(port))
    await replaceFile(site.files.port, String(port), 0o600);
}

/** Undefined when the server is ready, otherwise what it printed before it ended. */
async function launch(site: Site, port: number, signal: AbortSignal): Promise<string | undefined> {
  const log = `${site.files.log}.${randomBytes(4).toString('hex')}`;
  const server = await spawnServer(site, port, log);
  const ended = new Promise<unknown>((resolve) => {
    server.once('exit', resolve);
    server.on('error', resolve);
  }).then((reason) => ({ reason }));
  const startedAt = Date.now();
  let toldSlow = false;
  for (;;) {
    if (await isReady(site, server)) break;
    const end = await Promise.race([ended, sleep(pollMs)]);
    if (end !== undefined) {
      const output = await readFile(log, 'utf8');
      await rename(log, `${site.files.log}.failed`);
      if (types.isNativeError(end.reason))
        throw explainSpawnError(program(site.binaries, 'postgres'), end.reason);
      return output;
    }
    if (signal.aborted || Date.now() - startedAt > recoveryMs) {
      server.kill('SIGINT');
      await ended;
      await rm(log, { force: true });
      signal.throwIfAborted();
      throw new EmbeddedDatabaseError(
        'server',
        `The database server in ${site.files.data} did not get ready in time.`,
      );
    }
    if (!toldSlow && Date.now() - startedAt > slowMs) {
      site.say(
        'The database server is still starting: after a crash it first replays what had not reached the tables.',
      );
      toldSlow = true;
    }
  }
  await rename(log, site.files.log);
  return undefined;
}

async function spawnServer(site: Site, port: number, log: string): Promise<ChildProcess> {
  const file = await open(log, 'ax', 0o600);
  try {
    const server = spawn(program(site.binaries, 'postgres'), serverArguments(site, port), {
      ...spawnOptions(site.runAs),
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
    });
    server.unref();
    return server;
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

async function preferredPort(site: Site): Promise<number> {
  const recorded = Number(await readIfThere(site.files.port));
  const isPort = Number.isInteger(recorded) && recorded > 0 && recorded < 65_536;
  return (isPort ? await tryPort(recorded) : undefined) ?? (await freePort());
}

// PostgreSQL itself passes over the file of a dead process, but stops at one whose pid now belongs to something else,
// and at an empty one (a crash or a full disk in the middle of writing it).
async function removeStalePostmasterFile(site: Site): Promise<void> {
  const path = postmasterFile(site.files.data);
  if ((await readIfThere(path)) === '') await sleep(50 * pollMs);
  if ((await readIfThere(path)) === undefined || (await findPostmaster(site)) !== undefined) return;
  await rm(path, { force: true });
}

// The processes of a killed server take a moment to notice; or a server that a killed process had started came first.
const isStillEnding = (output: string) =>
  /pre-existing shared memory block|lock file "[^"]*" already exists|lock file "[^"]*" is empty/.test(output);

async function explainFailure(site: Site, output: string): Promise<EmbeddedDatabaseError> {
  const isSilent = output.trim() === '' && (await isFull(site.files.home));
  return explainOutput(
    'The database server did not start',
    site.files.data,
    isSilent ? 'No space left on device' : output,
  );
}
