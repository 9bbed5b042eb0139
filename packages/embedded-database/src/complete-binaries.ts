import {
  access,
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { type Binaries, program } from './binaries.js';
import { errorCode, readIfThere } from './cluster-files.js';

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * npm packages can't carry symbolic links, and the install script that would make them is blocked by default since
 * npm 11: makes those that are missing, and gives the programs their x bits. False when they are needed and can't
 * be made here (a read-only node_modules).
 */
export async function completeInPlace(binaries: Binaries): Promise<boolean> {
  try {
    await makeLinks(binaries.folder);
    if (platform() !== 'win32') await Promise.all(programs(binaries).map(makeExecutable));
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/**
 * A copy of the programs under `folder`, complete and readable by everybody. A copy of the same version that is
 * there already is used; it appears by one rename, so two processes may do this at once.
 */
export async function copyBinaries(binaries: Binaries, folder: string): Promise<Binaries> {
  const copy = { folder: join(folder, `postgresql-${binaries.version}`), version: binaries.version };
  if (await isThere(copy.folder)) return copy;
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(`${copy.folder}.new-`);
  try {
    await copyTree(binaries.folder, draft);
    await makeLinks(draft);
    await chmod(draft, 0o755);
    await rename(draft, copy.folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await isThere(copy.folder))) throw error;
  }
  return copy;
}

const programs = (binaries: Binaries) => [
  program(binaries, 'initdb'),
  program(binaries, 'pg_ctl'),
  program(binaries, 'postgres'),
];

async function makeExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch {
    await chmod(path, 0o755);
  }
}

async function makeLinks(folder: string): Promise<void> {
  const text = await readIfThere(join(folder, 'pg-symlinks.json'));
  if (text === undefined) return;
  // The paths of the list begin with the folder's name in the package.
  const inside = (path: string) => join(folder, relative('native', path));
  for (const { source, target } of linkList.parse(JSON.parse(text))) {
    const link = inside(target);
    if (relative(folder, link).startsWith('..') || (await isThere(link))) continue;
    try {
      await symlink(relative(dirname(link), inside(source)), link);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

// What is only for compiling against PostgreSQL.
const notCopied = /\.a$|^pkgconfig$|^pgxs$/;

async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (notCopied.test(entry.name)) continue;
    if (entry.isDirectory()) {
      await mkdir(target);
      await chmod(target, 0o755);
      await copyTree(source, target);
    } else if (entry.isFile()) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, basename(from) === 'bin' || entry.name.includes('.so') ? 0o755 : 0o644);
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
