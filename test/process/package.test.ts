import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startServer } from '../support/server-process.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const installed = fileURLToPath(new URL('installed', import.meta.url));

/** What `npm pack --json` tells, as far as it matters here. */
const packed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }));

let folder: string;
let files: string[];
/** A project that has nothing but the package. */
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-package-'));
  // Root's database runs as another user, who is to reach the binaries and the data.
  await chmod(folder, 0o711);
  project = path.join(folder, 'project');
  await mkdir(project);
  await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n');

  // Without `prepack`, which would build while other tests use what is built.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [tarball] = packed.parse(JSON.parse((await run('npm', pack, { cwd: root })).stdout));
  if (!tarball) throw new Error('npm has packed nothing.');
  files = tarball.files.map((file) => file.path);
  const from = path.join(folder, tarball.filename);
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', from], { cwd: project });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The files below a folder of this project, with their paths. */
async function filesIn(name: string): Promise<string[]> {
  const entries = await readdir(path.join(root, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
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

  test('brings the packages of this repository, and what they need', () => {
    const bundled = new Set(files.map((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1]));
    expect(bundled).toContain('@chatledger/client');
  });

  test('says nothing of source maps, which it does not have', async () => {
    const ours = /^dist\/|^node_modules\/@chatledger\//;
    const scripts = files.filter((name) => ours.test(name) && name.endsWith('.js'));
    const texts = await Promise.all(scripts.map((name) => readFile(path.join(root, name), 'utf8')));
    expect(scripts.filter((_, index) => texts[index]?.includes('sourceMappingURL'))).toEqual([]);
  });
});

/** Checks programs in the project by the strictest rules, the declarations of libraries included. */
async function compile(options: readonly string[], ...names: string[]): Promise<void> {
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--target',
    'es2022',
  ];
  const checked = [...strict, '--resolveJsonModule', '--skipLibCheck', 'false', ...options, ...names];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const compiling = run(process.execPath, [tsc, ...checked], { cwd: project });
  // The compiler tells what is wrong on its standard output.
  await compiling.catch((error: unknown) => {
    throw new Error(z.object({ stdout: z.string() }).parse(error).stdout, { cause: error });
  });
}

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
    const browser = ['--lib', 'es2022,dom'];
    await compile(['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit', ...browser], 'tour.ts');
  });

  test('serves, on the database that comes along, a program that is typed for Node.js', async () => {
    const node = [
      '--lib',
      'es2022',
      '--types',
      'node',
      '--typeRoots',
      path.join(root, 'node_modules/@types'),
    ];
    await compile(['--module', 'nodenext', ...node], 'tour.ts', 'main.ts');

    const program = inProject('node_modules/chatledger/dist/main.js');
    const server = await startServer({ DATA_DIR: path.join(folder, 'data') }, false, program);
    try {
      const { stdout } = await run(process.execPath, [inProject('main.js'), server.url], { cwd: project });
      const operations = await countOperations();
      const schema = await readFile(path.join(root, 'schema.graphql'), 'utf8');
      expect(stdout.split('\n')).toEqual([
        'created: true',
        'appended: 0 USER Rain?',
        'listed: Weather 1',
        'watched: ChatMessagesAppended',
        'watched: ChatSessionCaughtUp',
        'returned: next is 1',
        'thrown: NotFoundError NOT_FOUND',
        'requested: Weather',
        'syntax tree: Document of number',
        `${operations} trusted documents, ${schema.length} characters of schema`,
        '',
      ]);
    } finally {
      server.kill('SIGTERM');
    }
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
