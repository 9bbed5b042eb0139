import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  compile,
  filesBelow,
  installAlone,
  pack,
  resolutions,
  root,
  type Tarball,
} from '../support/packed.js';
import { startsTestApps } from '../support/test-app.js';
import { tourLines } from './installed/tour-lines.js';

const run = promisify(execFile);
const start = startsTestApps();

let folder: string;
let tarball: Tarball;
/** A project that has nothing but the package, and so no GraphQL library. */
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-client-'));
  project = path.join(folder, 'project');
  tarball = await pack('client', folder);
  await installAlone(tarball, project);
  const tour = await readFile(new URL('installed/tour.ts', import.meta.url), 'utf8');
  await writeFile(path.join(project, 'tour.ts'), tour.replaceAll(`'chatledger/`, `'@chatledger/`));
  const main = `import { tour } from './tour.js';\nfor await (const line of tour(process.argv[2] ?? '')) console.log(line);\n`;
  await writeFile(path.join(project, 'main.ts'), main);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the tarball has what was built of each source, and what goes with it', async () => {
  const sources = (await filesBelow(path.join(root, 'client')))
    .filter((name) => name.endsWith('.ts') && !name.startsWith('dist/'))
    .map((name) => `dist/${name.replace(/\.ts$/, '')}`);
  const wanted = [
    ...sources.flatMap((name) => [`${name}.js`, `${name}.d.ts`]),
    'dist/possible-types.json',
    'dist/trusted-documents.json',
    'package.json',
    'README.md',
    'LICENSE',
  ];
  expect([...tarball.files].sort()).toEqual(wanted.sort());
});

test('installing it brings one other package, and less than a megabyte', async () => {
  const modules = path.join(project, 'node_modules');
  const lock = z
    .object({ packages: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(await readFile(path.join(project, 'package-lock.json'), 'utf8')));
  expect(Object.keys(lock.packages).filter((name) => name !== '')).toEqual([
    'node_modules/@chatledger/client',
    'node_modules/eventsource-parser',
  ]);
  const scopes = (await readdir(modules)).filter((name) => !name.startsWith('.'));
  expect(scopes.sort()).toEqual(['@chatledger', 'eventsource-parser']);
  let onDisk = 0;
  for (const name of await filesBelow(modules)) onDisk += (await stat(path.join(modules, name))).blocks * 512;
  expect(onDisk).toBeLessThan(1_000_000);
});

describe('a program written with it', () => {
  test.each(Object.keys(resolutions) as (keyof typeof resolutions)[])(
    'has types under the resolution %s, the declarations of libraries included',
    async (resolution) => {
      await compile(project, resolution, 'tour.ts');
    },
  );

  test('runs', async () => {
    await compile(project, 'nodenext', 'main.ts');
    const { url } = await start();
    const { stdout } = await run(process.execPath, ['main.js', url], { cwd: project });
    expect(stdout.split('\n')).toEqual([...tourLines, '']);
  });
});

test('packages of the workspace have the version of the server, which takes that very one', async () => {
  const manifest = z.object({
    name: z.string(),
    version: z.string(),
    workspaces: z.array(z.string()).optional(),
    dependencies: z.record(z.string(), z.string()).optional(),
    bundleDependencies: z.array(z.string()).optional(),
  });
  const read = async (name: string) =>
    manifest.parse(JSON.parse(await readFile(path.join(root, name, 'package.json'), 'utf8')));
  const server = await read('.');
  const packages = await Promise.all((server.workspaces ?? []).map(read));
  expect(packages.map(({ name }) => name)).toContain('@chatledger/client');
  for (const { name, version } of packages) {
    expect([name, version]).toEqual([name, server.version]);
    expect([name, server.dependencies?.[name]]).toEqual([name, server.version]);
  }
  expect(packages.map(({ name }) => name).sort()).toEqual(server.bundleDependencies?.toSorted());
});
