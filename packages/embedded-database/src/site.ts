import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { type Binaries, findBinaries, program, type ResolvePackage } from './binaries.js';
import { type ClusterFiles, clusterFiles, errorCode, unlessMissing } from './cluster-files.js';
import { completeInPlace, copyBinaries } from './complete-binaries.js';
import { chooseDatabaseUser, userById } from './database-user.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainOutput, explainSpawnError } from './failure.js';
import { findCluster, systemHome } from './location.js';
import { type Ended, type OsUser, run } from './run.js';

/** Makes connections, as `pg.Client` does. */
export type ClientClass = new (config: pg.ClientConfig) => pg.Client;

/** Where a cluster is or will be, with what programs and as whom it is run. */
export interface Site {
  readonly files: ClusterFiles;
  readonly binaries: Binaries;
  /** The user that runs PostgreSQL for root. Undefined: ourselves. */
  readonly runAs: OsUser | undefined;
  /** The role that owns the cluster, and the database of the application in it. */
  readonly name: string;
  readonly Client: ClientClass;
  readonly say: (line: string) => void;
}

export interface SiteOptions {
  /** The data folder's real path. */
  readonly folder: string;
  /** Where root keeps what the database's user could not reach otherwise. */
  readonly systemDir: string;
  readonly resolvePackage: ResolvePackage | undefined;
  readonly name: string;
  readonly Client: ClientClass;
  readonly say: (line: string) => void;
}

/** Bytes of a data folder's path. PostgreSQL cuts paths at 1023, and its own files lie up to 100 deeper. */
const longestPath = 900;

/** Creates the data folder when it is missing and gives its real path: closed to others, for root passable by them. */
export async function makeDataFolder(path: string): Promise<string> {
  if (Buffer.byteLength(path) > longestPath) throw tooLong(path);
  const isNew = await makeFolders(path, isRoot() ? 0o755 : 0o700);
  if (isNew && isRoot()) await chmod(path, 0o711);
  const folder = await realpath(path);
  if (Buffer.byteLength(folder) > longestPath) throw tooLong(folder);
  return folder;
}

/**
 * Makes a folder and those above it. Node's own way (`recursive`) says ENOENT of a file system that is read-only, and
 * never comes to an end in one such as /proc.
 *
 * @returns whether it was missing
 */
async function makeFolders(path: string, mode: number): Promise<boolean> {
  if (await isFolder(path)) return false;
  if (dirname(path) !== path) await makeFolders(dirname(path), mode);
  try {
    await mkdir(path, mode);
    return true;
  } catch (error) {
    // Somebody else was faster.
    if (errorCode(error) === 'EEXIST' && (await isFolder(path))) return false;
    // The folder above is there.
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EmbeddedDatabaseError(
      'folder',
      `The file system takes no folder ${path}. Use a folder on another one.`,
      { cause: error },
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path)))?.isDirectory() ?? false;
}

const tooLong = (path: string) =>
  new EmbeddedDatabaseError(
    'folder',
    `The path of the data folder has ${Buffer.byteLength(path)} bytes, and PostgreSQL takes ${longestPath} at most: ${path.slice(0, 60)}... Use a folder with a shorter path.`,
  );

/** Decides where the cluster of a data folder is, or is to be made. Throws an EmbeddedDatabaseError. */
export async function chooseSite(options: SiteOptions): Promise<Site> {
  const { folder, name, Client, say } = options;
  const installed = await findBinaries(options.resolvePackage);
  const elsewhere = systemHome(options.systemDir, folder);
  const existing = await findCluster(folder, elsewhere);
  const owner = existing === undefined ? undefined : await ownerOf(existing);
  if (!isRoot()) {
    if (owner !== undefined && owner.uid !== ownUid()) throw belongsTo(owner, existing ?? folder);
    const binaries = (await completeInPlace(installed)) ? installed : await copyBinaries(installed, folder);
    return { files: clusterFiles(existing ?? folder), binaries, runAs: undefined, name, Client, say };
  }
  if (owner?.uid === 0) throw belongsTo(owner, existing ?? folder);
  const runAs = owner ?? (await chooseDatabaseUser(name, say));
  const home =
    existing ??
    ((await canEnter(runAs, folder)) ? folder : await makeSystemHome(options.systemDir, elsewhere));
  if (!(await canEnter(runAs, home))) {
    throw new EmbeddedDatabaseError(
      'folder',
      `The database is in ${home}, which the user that runs it (${runAs.name}) can't reach. Open the folders above it (chmod o+x), or use another folder.`,
    );
  }
  if (home !== folder) {
    const reason =
      existing === undefined ? `The database user ${runAs.name} can't reach ${folder}: its` : 'The';
    say(`${reason} database is kept in ${home}.`);
  }
  const binaries = await reachableBinaries(installed, options.systemDir, runAs);
  return { files: clusterFiles(home), binaries, runAs, name, Client, say };
}

async function reachableBinaries(installed: Binaries, systemDir: string, runAs: OsUser): Promise<Binaries> {
  if ((await completeInPlace(installed)) && (await tryProgram(installed, runAs))?.exitCode === 0)
    return installed;
  await makeSystemDir(systemDir, 0o755);
  const copy = await copyBinaries(installed, systemDir);
  const ended = await tryProgram(copy, runAs);
  if (ended?.exitCode === 0) return copy;
  throw explainOutput(
    `PostgreSQL's programs do not run as ${runAs.name}`,
    copy.folder,
    ended?.output ?? 'Permission denied',
  );
}

/** Undefined when the user may not execute it there. */
async function tryProgram(binaries: Binaries, runAs: OsUser): Promise<Ended | undefined> {
  const initdb = program(binaries, 'initdb');
  try {
    return await run(initdb, ['--version'], runAs);
  } catch (error) {
    if (errorCode(error) === 'EACCES') return undefined;
    throw explainSpawnError(initdb, error);
  }
}

// Asks the system itself: mode bits alone do not tell about access lists and network file systems.
async function canEnter(user: OsUser, folder: string): Promise<boolean> {
  try {
    return (await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], user)).exitCode === 0;
  } catch (error) {
    throw explainSpawnError('/bin/sh', error);
  }
}

async function makeSystemHome(systemDir: string, home: string): Promise<string> {
  await makeSystemDir(systemDir, 0o755);
  await makeSystemDir(home, 0o711);
  return home;
}

// Whatever the umask: with 077, as careful administrators have it, nobody else could pass.
async function makeSystemDir(path: string, mode: number): Promise<void> {
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, mode);
}

async function ownerOf(home: string): Promise<OsUser> {
  const { uid, gid } = await stat(join(clusterFiles(home).root, 'data'));
  return platform() === 'win32' ? { name: '', uid, gid } : await userById(uid, gid);
}

const belongsTo = (owner: OsUser, home: string) =>
  new EmbeddedDatabaseError(
    'folder',
    owner.uid === 0
      ? `The database in ${home} belongs to root, and PostgreSQL does not run as root. Give it to the user that is to run it: chown -R USER ${clusterFiles(home).data}`
      : `The database in ${home} belongs to another user (${owner.name}). Start as that user, or use a folder of your own.`,
  );

function ownUid(): number | undefined {
  try {
    return userInfo().uid;
  } catch {
    // A uid without an entry in /etc/passwd, as in some containers.
    return undefined;
  }
}

const isRoot = () => platform() !== 'win32' && ownUid() === 0;
