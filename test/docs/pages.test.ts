import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { blocksOf, pageNames } from '../support/pages.js';
import { fatesOf, type Fate } from './fates.js';
import { compile, programsOf } from './programs.js';
import { openVisit } from './visit.js';

/** Pages that others than a reader try: why, and how many blocks they have. */
const elsewhere: Record<string, { readonly why: string; readonly blocks: number }> = {
  'docs/reliability.md': {
    why: 'Its block brings about minutes of faults; the page is made by it.',
    blocks: 1,
  },
};

const pages = pageNames
  .filter((page) => !(page in elsewhere))
  .map((name) => {
    const blocks = fatesOf(blocksOf(name));
    const typed = blocks.filter(({ fate }) => fate === 'program' || fate === 'only checked');
    return { name, blocks, programs: programsOf(typed) };
  });

const tried = pages.filter(({ blocks }) => blocks.some(({ fate }) => fate === 'run' || fate === 'program'));

describe('what is said is so, block by block', () => {
  let problems: string;
  beforeAll(() => {
    problems = compile(pages.flatMap(({ programs }) => programs));
  });

  test('the types of its programs hold', () => {
    expect(problems).toBe('');
  });

  test.each(tried)('$name', async ({ blocks, programs }) => {
    const visit = await openVisit(blocks, programs);
    try {
      for (const block of blocks) await visit.take(block);
    } finally {
      await visit.close();
    }
  });
});

describe('no block is left out', () => {
  const blocks = pages.flatMap((page) => page.blocks);
  const count = (...fates: Fate[]) => blocks.filter(({ fate }) => fates.includes(fate)).length;

  test('of those that a page shows', () => {
    for (const [page, { blocks: expected }] of Object.entries(elsewhere))
      expect([page, blocksOf(page).length]).toEqual([page, expected]);
    const fences = pages.map(({ name, blocks: found }) => [name, found.length]);
    expect(pages.map(({ name }) => [name, fencesOf(name) / 2])).toEqual(fences);
  });

  test('but a few that say why', () => {
    // Whoever adds one has to say so here too.
    expect(count('not run', 'only checked')).toBe(14);
  });

  test('that another test is to run', () => {
    const others = readFileSync(new URL('../process/backup.test.ts', import.meta.url), 'utf8');
    expect(count('run elsewhere')).toBe(7);
    for (const { page, mark = '' } of blocks.filter(({ fate }) => fate === 'run elsewhere')) {
      expect(page).toBe('docs/operations.md');
      expect(others).toContain(`run('${mark.slice('run: '.length)}'`);
    }
  });
});

/** Lines with three backquotes, wherever they stand in them. */
function fencesOf(page: string): number {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => /`{3,}|~{3,}/.test(line)).length;
}
