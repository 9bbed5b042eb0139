// Runs the server, and starts it again when its sources change. The embedded database runs on meanwhile, with its data;
// one named by DATABASE_URL is used as it is. Arguments and variables are those of `chatledger serve`.
//
// A change of src/ is compiled file by file, without a look at its types (`npm run check:types`); one of anything else
// that is built, by scripts/build.js.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, existsSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const jsc = { target: 'es2023', parser: { syntax: 'typescript' } };

buildAll();
const { openEmbeddedDatabase } = await import('@chatledger/embedded-database');
// A use of our own, so that the server does not stop the database when it ends.
const database = process.env.DATABASE_URL
  ? undefined
  : await openEmbeddedDatabase({ name: 'chatledger', dataDir: process.env.DATA_DIR ?? '.chatledger', say });

let server = start();
let isStopping = false;
let pending;
const changed = new Set();
for (const folder of ['src', 'prisma', 'client', 'packages'].filter(existsSync))
  watch(folder, { recursive: true }, (_, name) => {
    const file = path.join(folder, name ?? '');
    if (!/\.(ts|prisma|sql|graphql)$/.test(file) || /(^|\/)(dist|generated|node_modules)\//.test(file))
      return;
    changed.add(file);
    clearTimeout(pending);
    pending = setTimeout(restart, 50);
  });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, async () => {
    if (isStopping) return;
    isStopping = true;
    await stop();
    await database?.close();
    process.exit();
  });

let restarting = Promise.resolve();
function restart() {
  restarting = restarting.then(async () => {
    if (isStopping || changed.size === 0) return;
    const files = [...changed];
    changed.clear();
    try {
      compile(files);
    } catch (error) {
      say(error.message);
      return;
    }
    say(`${files.join(', ')} changed: starting again ...`);
    await stop();
    server = start();
  });
}

function compile(files) {
  if (files.some((file) => !file.startsWith('src/'))) {
    buildAll();
    return;
  }
  for (const file of files) {
    const target = path.join('dist', path.relative('src', file)).replace(/\.ts$/, '.js');
    if (!existsSync(file)) rmSync(target, { force: true });
    else {
      const { code } = transformFileSync(file, { jsc, module: { type: 'es6' }, sourceMaps: 'inline' });
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
  }
}

/** Builds what has changed. What is compiled here afterwards counts as not built. */
function buildAll() {
  execFileSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
  rmSync('.cache/dist.sha256', { force: true });
}

function start() {
  return spawn(process.execPath, ['dist/main.js', 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
}

/** Resolves when the server has ended. */
function stop() {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  return ended;
}

function say(line) {
  console.error(line);
}
