import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { parseCredentialsKeys, type CredentialsKey } from '../../credentials-keys.js';
import { clusterFiles, createFile, errorCode, readIfThere } from './cluster-files.js';
import { syncFolder } from './create-cluster.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainFileError } from './failure.js';

/** A file of keys, as CREDENTIALS_KEYS_FILE has it. */
export interface KeyFile {
  readonly path: string;
  readonly keys: readonly CredentialsKey[];
}

/**
 * The key of credentials that lies beside a cluster. It is made when it is missing: when several processes do so at
 * once, they come to have the same.
 *
 * @param home where the cluster is
 * @throws EmbeddedDatabaseError
 */
export async function openKeyFile(home: string, say: (line: string) => void): Promise<KeyFile> {
  const { root, credentialsKey: path } = clusterFiles(home);
  const keys = parseCredentialsKeys(await readOrMake(root, path, say));
  if (typeof keys !== 'string') return { path, keys };
  throw new EmbeddedDatabaseError(
    'folder',
    `${path} is damaged. It holds the key of all credentials in this database: restore it from a backup, or remove it to go on without those credentials.`,
  );
}

async function readOrMake(root: string, path: string, say: (line: string) => void): Promise<string> {
  try {
    return (await readIfThere(path)) ?? (await make(root, path, say));
  } catch (error) {
    throw explainFileError(error, path);
  }
}

async function make(root: string, path: string, say: (line: string) => void): Promise<string> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  // A key that comes in the place of a lost one has another name, by which it shows what is lost.
  const id = `embedded-${randomBytes(4).toString('hex')}`;
  await createFile(draft, `${id}:${randomBytes(32).toString('base64')}\n`, 0o600);
  try {
    await link(draft, path);
    say(`Made a key for credentials, ${path}: without it they can't be read from a copy of the data.`);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  // It is on the disk before anything is encrypted with it.
  await syncFolder(root);
  return (await readIfThere(path)) ?? '';
}
