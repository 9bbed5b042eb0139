import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPage, type Block } from '../support/pages.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
/** Inside the project, so that `@chatledger/client` is the package of the workspace. */
const folder = path.join(project, '.cache', 'docs');

/** Written to standard output in front of what a block prints. */
export const separator = '\u001e';

/** Blocks of a page that make one program. */
export interface Program {
  readonly name: string;
  readonly blocks: readonly Block[];
}

/** The blocks of a page are one program, except for those that say which other one they are part of. */
export function programsOf(blocks: readonly Block[]): Program[] {
  const byName = new Map<string, Block[]>();
  for (const block of blocks) {
    const [, named] = /^program: (\S+)$/.exec(block.mark ?? '') ?? [];
    const part = block.mark?.startsWith('only checked: ') ? `line${block.line}` : named;
    const name = `${block.page.replaceAll('/', '-').replace(/\.md$/, '')}${part === undefined ? '' : `-${part}`}`;
    byName.set(name, [...(byName.get(name) ?? []), block]);
  }
  return [...byName].map(([name, parts]) => ({ name, blocks: parts }));
}

/**
 * Checks the types of all programs at once, and compiles them. Lines have the numbers that they have on their pages.
 * @returns what the compiler has to say
 */
export function compile(programs: readonly Program[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, blocks } of programs) writeFileSync(path.join(folder, `${name}.ts`), sourceOf(blocks));
  const compilerOptions = {
    lib: ['es2023', 'es2024.string', 'dom', 'dom.iterable', 'dom.asynciterable'],
    rootDir: '.',
    outDir: 'out',
    noEmit: false,
    incremental: false,
    tsBuildInfoFile: null,
    noUnusedLocals: false,
  };
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = path.join(project, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  return stdout + stderr;
}

export function compiledFile({ name }: Program): string {
  return path.join(folder, 'out', `${name}.js`);
}

function sourceOf(blocks: readonly Block[]): string {
  const [first] = blocks;
  const lines = readPage(first?.page ?? '')
    .split('\n')
    .map(() => '');
  for (const { line, text } of blocks) {
    lines[line - 1] = `process.stdout.write('${JSON.stringify(separator).slice(1, -1)}');`;
    lines.splice(line, text.split('\n').length - 1, ...text.split('\n').slice(0, -1));
  }
  // Also a program that imports nothing is a module, whose names are its own.
  return `${lines.join('\n')}\nexport {};\n`;
}
