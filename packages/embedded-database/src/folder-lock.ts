import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, readIfThere } from './cluster-files.js';
import { spawnOptions } from './run.js';
import type { Site } from './site.js';

/** A hold on the cluster of a folder, to be passed on to its server as an open file. */
export interface FolderLock {
  /** Undefined where the system has no such locks. */
  readonly descriptor: number | undefined;
  /** Ends the hold of this process. That of a server which has the descriptor lasts as long as any process of it. */
  release(): Promise<void>;
}

/** Holds nothing: for a folder that nobody else can have. */
export const unlocked: FolderLock = { descriptor: undefined, release: () => Promise.resolve() };

const ownerSchema = z.object({ host: z.string(), since: z.string() });

const lockFile = (site: Site) => join(site.files.home, 'database.lock');

/**
 * Locks the cluster of a folder for a server, across containers: they share neither pids nor loopback nor shared
 * memory, by which PostgreSQL and a start claim tell who is there. A `flock` belongs to an open file, which the server
 * and all its processes inherit; the kernel gives it back when the last of them has ended, however that was. So the
 * file is never deleted, and says nothing by being there. Undefined when somebody else holds it.
 */
export async function lockFolder(site: Site): Promise<FolderLock | undefined> {
  // Containers with a Linux kernel of their own are the one place where processes share a folder and nothing else.
  if (platform() !== 'linux') return unlocked;
  const file = await open(lockFile(site), 'a+', 0o600);
  const release = () => file.close();
  try {
    const taken = await flock(file);
    if (taken === 'no') {
      await release();
      return undefined;
    }
    if (taken === 'unknown')
      site.say(
        `There is no program \`flock\` here, or no locks on this file system: make sure that no other container uses ${site.files.home}.`,
      );
    await file.truncate();
    await file.writeFile(`${JSON.stringify({ host: hostname(), since: new Date().toISOString() })}\n`);
    return { descriptor: file.fd, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Who holds the lock of a folder, in words. */
export async function describeOwner(site: Site): Promise<string> {
  try {
    const { host, since } = ownerSchema.parse(JSON.parse((await readIfThere(lockFile(site))) ?? ''));
    return `another container or machine (host ${host}, since ${since})`;
  } catch {
    return 'another container or machine';
  }
}

// Node has no flock. The program locks the open file that it shares with us, so that we keep the lock when it ends.
function flock(file: FileHandle): Promise<'yes' | 'no' | 'unknown'> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '-n', '3'], {
      ...spawnOptions(undefined),
      stdio: ['ignore', 'ignore', 'ignore', file.fd],
    });
    child.once('error', (error) => {
      if (errorCode(error) === 'ENOENT') resolve('unknown');
      else reject(error);
    });
    child.once('exit', (code) => {
      if (code === 0) resolve('yes');
      else resolve(code === 1 ? 'no' : 'unknown');
    });
  });
}
