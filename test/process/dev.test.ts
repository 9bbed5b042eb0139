import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from '../support/client.js';
import { createSession } from '../support/ledger.js';
import { until } from '../support/until.js';
import { isRunning, postmasterPid } from '../embedded/stage.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
/** What `npm run dev` reads. The build comes along, so that nothing is built anew. */
const parts = ['src', 'prisma', 'client', 'packages', 'scripts', 'dist', '.cache', 'package.json'];
const more = [
  'package-lock.json',
  'prisma.config.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'schema.graphql',
];

let folder: string;
let dev: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-dev-'));
  await chmod(folder, 0o711);
  for (const part of [...parts, ...more])
    await cp(path.join(project, part), path.join(folder, part), {
      recursive: true,
      filter: (from) => !from.endsWith('node_modules') && !from.includes('.cache/python'),
    });
  await symlink(path.join(project, 'node_modules'), path.join(folder, 'node_modules'));
});
afterEach(async () => {
  if (dev?.exitCode === null && dev.signalCode === null) {
    process.kill(-(dev.pid ?? NaN), 'SIGKILL');
    await once(dev, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

test('npm run dev answers with what was saved, keeps the data, and stops the database when it ends', async () => {
  const child = spawn(process.execPath, ['scripts/dev.js'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      TMPDIR: tmpdir(),
      HOME: process.env['HOME'],
      PORT: '0',
      DATA_DIR: 'data',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  dev = child;
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const urls = () => [...said.matchAll(/curl (http\S+)/g)].map(([, url = '']) => url);
  await until(() => urls().length === 1);
  const { id } = await createSession(createClient(urls()[0] ?? '', { 'x-user-id': 'alice' }));
  const database = (await postmasterPid(path.join(folder, 'data'))) ?? NaN;

  const file = path.join(folder, 'src/http/answers.ts');
  await writeFile(file, `${await readFile(file, 'utf8')}\nconsole.error('saved ${id}');\n`);
  await until(() => urls().length === 2 && said.includes(`saved ${id}`));

  const answer = await fetch(urls()[1] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': 'alice' },
    body: JSON.stringify({ query: `{ chatSession(id: "${id}") { id } }` }),
  });
  expect(await answer.json()).toEqual({ data: { chatSession: { id } } });
  expect(await postmasterPid(path.join(folder, 'data'))).toBe(database);

  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  await until(async () => !(await isRunning(database)));
});
