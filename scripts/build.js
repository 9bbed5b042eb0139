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
// Packages before the server, which takes them by their names, as built. One that needs another stands behind it.
const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const shared = ['tsconfig.json', 'package-lock.json'];
for (const folder of workspaces) {
  // What goes into the tarball beside its code, if it has a script for that.
  const script = `${folder}/build-files.js`;
  const hasScript = existsSync(path.join(root, script));
  const sources = [folder, ...shared, ...(hasScript ? ['schema.graphql'] : [])];
  build(`compiling ${folder}`, sources, `${folder}/dist`, (aside) => {
    run('node_modules/typescript/bin/tsc', ['-p', folder, '--outDir', aside]);
    if (hasScript) run(script, [aside]);
  });
}
const sources = [
  'src',
  ...workspaces,
  'schema.graphql',
  'scripts/client-alias.js',
  'tsconfig.build.json',
  ...shared,
];
build('compiling', sources, 'dist', (aside) => {
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', aside]);
  run('scripts/client-alias.js', [path.join(aside, 'client')]);
  chmodSync(path.join(aside, 'main.js'), 0o755);
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
  // Aside first: what is there stays whole until the new one is, and keeps nothing that has lost its source.
  const aside = path.join(root, '.cache', target.replaceAll('/', '-'));
  rmSync(aside, { recursive: true, force: true });
  make(aside);
  if (existsSync(aside)) {
    rmSync(path.join(root, target), { recursive: true, force: true });
    renameSync(aside, path.join(root, target));
  }
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
}

function addTo(digest, name, leftOut) {
  if (name === leftOut || /\/(dist|node_modules)$/.test(name)) return;
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
