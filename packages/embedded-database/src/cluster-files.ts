import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the things of one cluster lie. `root` appears by one rename, complete, or not at all. */
export interface ClusterFiles {
  readonly home: string;
  readonly root: string;
  /** PostgreSQL's own data directory. */
  readonly data: string;
  readonly password: string;
  /** Port of the last start, preferred by the next. */
  readonly port: string;
  readonly log: string;
}

/** The files of the cluster under `home`, whether they exist or not. */
export function clusterFiles(home: string): ClusterFiles {
  const root = join(home, 'database');
  return {
    home,
    root,
    data: join(root, 'data'),
    password: join(root, 'password'),
    port: join(root, 'port'),
    log: join(root, 'postgres.log'),
  };
}

/** Whether there is a cluster under `home`. An empty folder counts as none. */
export async function hasCluster(home: string): Promise<boolean> {
  const names = await unlessMissing(readdir(clusterFiles(home).root));
  return names !== undefined && names.length > 0;
}

/** The text of a small file, trimmed, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return (await unlessMissing(readFile(path, 'utf8')))?.trim();
}

/** What `work` gives, or undefined when it fails because a file or folder does not exist. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a file with its final mode, and on the disk before this returns. Fails when it exists. */
export async function createFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Replaces a small file as a whole: readers see the old text or the new one. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await createFile(draft, text, mode);
  await rename(draft, path);
}

/** `code` of a system or PostgreSQL error, undefined for everything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
