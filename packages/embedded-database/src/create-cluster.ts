import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { majorVersion, program } from './binaries.js';
import { createFile, errorCode, hasCluster, readIfThere } from './cluster-files.js';
import { EmbeddedDatabaseError } from './embedded-database-error.js';
import { explainOutput, explainSpawnError } from './failure.js';
import { type Ended, run } from './run.js';
import type { Site } from './site.js';

const draftPrefix = 'database.new-';

/**
 * Makes the site's cluster with a random password. It appears complete, by one rename: a start that is killed leaves
 * a draft, which the next one removes. Call it under the start claim.
 */
export async function createCluster(site: Site): Promise<void> {
  const { files, runAs } = site;
  await removeDrafts(files.home);
  const draft = await mkdtemp(join(files.home, draftPrefix));
  try {
    if (runAs !== undefined) await chmod(draft, 0o711);
    const password = randomBytes(24).toString('base64url');
    await createFile(join(draft, 'password'), password, 0o600);
    const passwordForInitdb = join(draft, 'password.initdb');
    await createFile(passwordForInitdb, password, 0o600);
    const data = join(draft, 'data');
    await mkdir(data, { mode: 0o700 });
    if (runAs !== undefined) {
      await chown(passwordForInitdb, runAs.uid, runAs.gid);
      await chown(data, runAs.uid, runAs.gid);
    }
    const ended = await runInitdb(site, data, passwordForInitdb);
    if (ended.exitCode !== 0) {
      throw explainOutput('The database could not be made', files.home, ended.output || String(ended.signal));
    }
    await rm(passwordForInitdb);
    await syncFolder(draft);
    await rename(draft, files.root);
    await syncFolder(files.home);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** The password of the site's cluster, after making sure that the cluster is of our version. */
export async function readPassword(site: Site): Promise<string> {
  const { files } = site;
  const major = majorVersion(site.binaries);
  const found = await readIfThere(join(files.data, 'PG_VERSION'));
  if (found !== major) {
    throw new EmbeddedDatabaseError(
      found === undefined ? 'folder' : 'version',
      found === undefined
        ? `${files.data} is not a whole PostgreSQL data folder (PG_VERSION is missing). Restore it from a backup, or move ${files.root} away to begin with an empty database.`
        : `${files.data} was made by PostgreSQL ${found}, and the programs here are of PostgreSQL ${major}. Start it with those that made it and move the data, or use another folder.`,
    );
  }
  const password = await readIfThere(files.password);
  if (password === undefined || password === '')
    throw passwordError(`${files.password} is missing or empty.`, site);
  return password;
}

/** The password file is of no use; `what` is a whole sentence. */
export const passwordError = (what: string, { files }: Site, cause?: unknown) =>
  new EmbeddedDatabaseError(
    'password',
    `${what} It holds the only password of the database in ${files.data}. Restore it from a backup, or move ${files.root} away to begin with an empty database.`,
    { cause },
  );

/** Whether the site has a cluster. */
export const isMade = (site: Site) => hasCluster(site.files.home);

async function runInitdb(site: Site, data: string, passwordFile: string): Promise<Ended> {
  const initdb = program(site.binaries, 'initdb');
  const args = [
    ...['-D', data, '-U', site.name, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
  ];
  try {
    return await run(initdb, args, site.runAs);
  } catch (error) {
    throw explainSpawnError(initdb, error);
  }
}

async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(draftPrefix)) continue;
    try {
      await rm(join(home, name), { recursive: true, force: true });
    } catch (error) {
      // An initdb whose parent was killed may still be writing into it for a moment: the next start removes it.
      if (errorCode(error) !== 'ENOTEMPTY') throw error;
    }
  }
}

/** Without this a power cut may undo the rename of a folder whose content is long on the disk. */
export async function syncFolder(path: string): Promise<void> {
  if (platform() === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
