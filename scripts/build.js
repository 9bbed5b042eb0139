// Generates and compiles what has changed since the last time; does nothing otherwise, so that `npm start` and
// `npm test` can always call it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = 'src/data/generated';

// Prisma finds its generators on the path, where npm puts them for its own scripts.
const env = {
  ...process.env,
  PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`,
};

build(
  'generating the database client',
  ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'],
  generated,
  () => {
    run('node_modules/prisma/build/index.js', ['generate']);
  },
);
const compiled = [
  'src',
  'client',
  'schema.graphql',
  'scripts/client-files.js',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
build('compiling', compiled, 'dist', () => {
  // Aside first: what is there stays whole until the new one is, and keeps nothing that has lost its source.
  const aside = path.join(root, '.cache', 'dist');
  rmSync(aside, { recursive: true, force: true });
  // The SDK first: the commands use it by its public name.
  run('node_modules/typescript/bin/tsc', ['-p', 'client', '--outDir', path.join(aside, 'client')]);
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', aside]);
  run('scripts/client-files.js', [path.join(aside, 'client')]);
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  chmodSync(path.join(aside, 'main.js'), 0o755);
  renameSync(aside, path.join(root, 'dist'));
});
if (process.argv.includes('--tests')) {
  build(
    'generating the documents of the tests',
    ['test', 'schema.graphql', 'package-lock.json'],
    'test/support/generated',
    () => {
      run('node_modules/@graphql-codegen/cli/cjs/bin.js', ['--config', 'test/codegen.yml']);
    },
  );
}

function build(what, sources, target, make) {
  const digest = createHash('sha256');
  for (const source of sources) addTo(digest, source, target);
  const stamp = path.join(root, '.cache', `${target.replaceAll('/', '-')}.sha256`);
  const now = digest.digest('hex');
  if (existsSync(path.join(root, target)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  console.error(`Chatledger: ${what} ...`);
  make();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
}

function addTo(digest, name, leftOut) {
  if (name === leftOut) return;
  const full = path.join(root, name);
  const entries = readDirectory(full);
  if (!entries) digest.update(`${name}\0`).update(readFileSync(full));
  else for (const entry of entries) addTo(digest, `${name}/${entry}`, leftOut);
}

function readDirectory(full) {
  try {
    return readdirSync(full).sort();
  } catch {
    return undefined;
  }
}

function run(program, args) {
  try {
    execFileSync(process.execPath, [path.join(root, program), ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    console.error(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message);
    process.exit(1);
  }
}
