import { readFile, readlink, realpath } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, join } from 'node:path';
import { type Binaries, program } from './binaries.js';
import { readIfThere } from './cluster-files.js';
import { type OsUser, run } from './run.js';
import type { Site } from './site.js';

/** What PostgreSQL's own postmaster.pid says of the server on a data directory. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/** Reads the text of a postmaster.pid; undefined when it is not (yet) whole. */
export function parsePostmasterFile(text: string): Postmaster | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port) || port <= 0) return undefined;
  const status = lines[7];
  if (status === 'ready' || status === 'standby') return { pid, port, status: 'ready' };
  return { pid, port, status: status === 'stopping' ? 'stopping' : 'starting' };
}

/** Path of postmaster.pid in a data directory. */
export const postmasterFile = (data: string) => join(data, 'postmaster.pid');

/** The server that really runs on the site's data directory. Undefined when the file is missing or left over. */
export async function findPostmaster(site: Site): Promise<Postmaster | undefined> {
  const text = await readIfThere(postmasterFile(site.files.data));
  const postmaster = text === undefined ? undefined : parsePostmasterFile(text);
  if (postmaster === undefined) return undefined;
  return (await isServing(postmaster.pid, site)) ? postmaster : undefined;
}

/**
 * Whether this process is a PostgreSQL server on the site's data directory. A pid alone proves nothing: in
 * containers they are small and soon used again.
 */
export async function isServing(pid: number, site: Site): Promise<boolean> {
  return platform() === 'linux'
    ? isServingByProc(pid, site.files.data)
    : isServingByPgCtl(site.binaries, site.files.data, site.runAs);
}

async function isServingByProc(pid: number, data: string): Promise<boolean> {
  try {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (commandLine === '') return await isEnding(pid);
    const argv = commandLine.split('\0');
    if (!basename(argv[0] ?? '').startsWith('postgres')) return false;
    const folder = await realpath(data);
    const given = argv[argv.indexOf('-D') + 1];
    if (argv.includes('-D') && given !== undefined && (await sameFolder(given, folder))) return true;
    // The folder may have been moved under the running server. Readable for its own user, not for every root.
    return (await readlink(`/proc/${pid}/cwd`)) === folder;
  } catch {
    return false;
  }
}

// A process loses its memory first and its listening socket after that. A zombie has lost both, and stays for ever
// where its new parent does not collect it (node as process 1 of a container).
async function isEnding(pid: number): Promise<boolean> {
  const [, name, state] = /\((.*)\) (\S)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return name === 'postgres' && state !== 'Z' && state !== 'X';
}

async function sameFolder(path: string, folder: string): Promise<boolean> {
  try {
    return (await realpath(path)) === folder;
  } catch {
    return false;
  }
}

async function isServingByPgCtl(
  binaries: Binaries,
  data: string,
  runAs: OsUser | undefined,
): Promise<boolean> {
  return (await run(program(binaries, 'pg_ctl'), ['status', '-D', data], runAs)).exitCode === 0;
}
