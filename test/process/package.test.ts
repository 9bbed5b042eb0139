import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { compile, filesBelow, installAlone, pack, root, type Tarball } from '../support/packed.js';
import { startServer } from '../support/server-process.js';
import { tourLines } from './installed/tour-lines.js';

const run = promisify(execFile);
const installed = fileURLToPath(new URL('installed', import.meta.url));

let folder: string;
let files: Tarball['files'];
/** A project that has nothing but the package. */
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-package-'));
  // Root's database runs as another user, who is to reach the binaries and the data.
  await chmod(folder, 0o711);
  project = path.join(folder, 'project');
  const tarball = await pack('.', folder);
  files = tarball.files;
  await installAlone(tarball, project);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The files below a folder of this project, with their paths in it. */
async function filesIn(name: string): Promise<string[]> {
  return (await filesBelow(path.join(root, name))).map((file) => path.join(name, file));
}

describe('the tarball', () => {
  test('has what was built of each source, what it takes to run it, and nothing else', async () => {
    const sources = (await filesIn('src'))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => name.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
    const wanted = [
      ...sources,
      ...(await filesIn('prisma')),
      ...['documents.js', 'documents.d.ts', 'index.js', 'index.d.ts'].map((name) => `dist/client/${name}`),
      'dist/client/possible-types.json',
      'dist/client/trusted-documents.json',
      'examples/conversations.jsonl',
      'schema.graphql',
      'package.json',
      'README.md',
      'LICENSE',
    ];
    const own = files.filter((name) => !name.startsWith('node_modules/'));
    expect(own.sort()).toEqual(wanted.sort());
  });

  test('brings the packages of this repository and what they need of their own, and no binaries', async () => {
    const bundled = files.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    const manifest = await readFile(path.join(root, 'package.json'), 'utf8');
    const { bundleDependencies } = z
      .object({ bundleDependencies: z.array(z.string()) })
      .parse(JSON.parse(manifest));
    expect([...new Set(bundled)].sort()).toEqual([...bundleDependencies, 'eventsource-parser'].sort());
  });

  test('says nothing of source maps, which it does not have', async () => {
    const ours = /^dist\/|^node_modules\/@chatledger\//;
    const scripts = files.filter((name) => ours.test(name) && name.endsWith('.js'));
    const texts = await Promise.all(scripts.map((name) => readFile(path.join(root, name), 'utf8')));
    expect(scripts.filter((_, index) => texts[index]?.includes('sourceMappingURL'))).toEqual([]);
  });
});

const inProject = (name: string) => path.join(project, name);

/** How many operations the SDK has. */
async function countOperations(): Promise<number> {
  const folder = path.join(root, 'client/documents');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.graphql'));
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.join('\n').match(/^(?:query|mutation|subscription) /gm)?.length ?? 0;
}

describe('the installed package', () => {
  beforeAll(async () => {
    for (const name of ['tour.ts', 'main.ts']) await copyFile(path.join(installed, name), inProject(name));
  });

  test('shows its commands with npx', async () => {
    const { stdout } = await run('npx', ['chatledger', '--help'], { cwd: project });
    expect(stdout).toMatch(/^Usage: chatledger .*\n {2}serve /s);
  });

  test('is typed for browsers, as bundlers resolve it', async () => {
    await compile(project, 'bundler', 'tour.ts');
  });

  test('serves, on the database that comes along, a program that is typed for Node.js', async () => {
    await compile(project, 'nodenext', 'tour.ts', 'main.ts');

    const program = inProject('node_modules/chatledger/dist/main.js');
    const server = await startServer({ DATA_DIR: path.join(folder, 'data') }, false, program);
    try {
      const { stdout } = await run(process.execPath, [inProject('main.js'), server.url], { cwd: project });
      const operations = await countOperations();
      const schema = await readFile(path.join(root, 'schema.graphql'), 'utf8');
      expect(stdout.split('\n')).toEqual([
        ...tourLines,
        `${operations} trusted documents, ${schema.length} characters of schema`,
        '',
      ]);
    } finally {
      server.kill('SIGTERM');
    }
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
