import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterFiles, createFile, errorCode, readIfThere } from './cluster-files.js';
import { syncFolder } from './create-cluster.js';
import { explainFileError } from './failure.js';

export interface Secret {
  readonly path: string;
  /** Its text, trimmed. */
  readonly text: string;
  /** Whether it was made now, by this process. */
  readonly isNew: boolean;
}

/**
 * The secret in a file of this name beside the cluster under `home`; `make` gives it when there is none. When several
 * processes do so at once, they come to have the same.
 *
 * @throws EmbeddedDatabaseError
 */
export async function openSecret(home: string, name: string, make: () => string): Promise<Secret> {
  const { root } = clusterFiles(home);
  const path = join(root, name);
  try {
    const found = await readIfThere(path);
    if (found !== undefined) return { path, text: found, isNew: false };
    const draft = `${path}.${randomBytes(4).toString('hex')}`;
    await createFile(draft, make(), 0o600);
    const isNew = await becomes(draft, path);
    // It is on the disk before anything depends on it.
    await syncFolder(root);
    return { path, text: (await readIfThere(path)) ?? '', isNew };
  } catch (error) {
    throw explainFileError(error, path);
  }
}

/** Gives a draft its name, unless that is taken. */
async function becomes(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
