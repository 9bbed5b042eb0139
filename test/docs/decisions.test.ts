import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const project = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, project), 'utf8');
const folder = 'docs/decisions';
const names = readdirSync(new URL(folder, project)).filter((name) => name !== 'README.md');

/** Whether there is a test of this name: a folder, or a file without its ending. An asterisk ends the beginning of one. */
function isTest(path: string): boolean {
  if (path.endsWith('*')) {
    const [parent, begin] = [dirname(path), basename(path).slice(0, -1)];
    return readdirSync(new URL(parent, project)).some((name) => name.startsWith(begin));
  }
  return existsSync(new URL(path, project)) || existsSync(new URL(`${path}.test.ts`, project));
}

/** Those that a text names in code. */
function testsIn(text: string): string[] {
  return [...text.matchAll(/`((?:packages\/[\w-]+\/)?test\/[^`]+)`/g)].map(([, path = '']) => path);
}

describe.each(names)('%s', (name) => {
  const text = read(`${folder}/${name}`);
  const title = /^# (.+)$/m.exec(text)?.[1] ?? '';

  test('has a number of its own, a title, a context, a decision, and what holds it', () => {
    const number = name.slice(0, 4);
    expect(names.filter((other) => other.startsWith(number))).toEqual([name]);
    expect(title).not.toBe('');
    for (const part of ['Context.', 'Decision.', 'Held by']) expect(text).toContain(`**${part}**`);
  });

  test('names tests that exist', () => {
    const tests = testsIn(text);
    expect(tests.filter((path) => !isTest(path))).toEqual([]);
    expect(tests.length + (text.includes('npm run check:') ? 1 : 0)).toBeGreaterThan(0);
  });

  test('is found by its title', () => {
    expect(read(`${folder}/README.md`)).toContain(`- [${name.slice(0, 4)}: ${title}](${name})`);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md');

  test('is a map of 150 lines at most', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  test('names tests that exist', () => {
    const tests = testsIn(text);
    expect(tests.filter((path) => !isTest(path))).toEqual([]);
    expect(tests.length).toBeGreaterThan(10);
  });
});
