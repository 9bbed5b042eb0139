import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack --json` tells, as far as it matters here. */
const packed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }));

export interface Tarball {
  readonly file: string;
  /** The paths of its files. */
  readonly files: readonly string[];
}

/**
 * Packs the package of a folder of this project. Without `prepack`, which would build while other tests use what is
 * built.
 */
export async function pack(folder: string, destination: string): Promise<Tarball> {
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const { stdout } = await run('npm', options, { cwd: path.join(root, folder) });
  const [tarball] = packed.parse(JSON.parse(stdout));
  if (!tarball) throw new Error('npm has packed nothing.');
  return {
    file: path.join(destination, tarball.filename),
    files: tarball.files.map((file) => file.path),
  };
}

/** Makes a project that has nothing but a tarball. */
export async function installAlone(tarball: Tarball, project: string): Promise<void> {
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const options = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', [...options, tarball.file], { cwd: project });
}

/** The files below a folder, with their paths from there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

/** How programs find their modules, and which types a program has beside those of its modules. */
export const resolutions = {
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'],
  nodenext: [
    ...['--module', 'nodenext', '--lib', 'es2022', '--types', 'node'],
    ...['--typeRoots', path.join(root, 'node_modules/@types')],
  ],
} as const;

/** Checks programs in a project by the strictest rules, the declarations of libraries included. */
export async function compile(
  project: string,
  resolution: keyof typeof resolutions,
  ...names: string[]
): Promise<void> {
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--target',
    'es2022',
  ];
  const options = [...strict, '--resolveJsonModule', '--skipLibCheck', 'false', ...resolutions[resolution]];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const compiling = run(process.execPath, [tsc, ...options, ...names], { cwd: project });
  // The compiler tells what is wrong on its standard output.
  await compiling.catch((error: unknown) => {
    throw new Error(z.object({ stdout: z.string() }).parse(error).stdout, { cause: error });
  });
}
