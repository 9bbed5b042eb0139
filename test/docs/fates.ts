import type { Block } from '../support/pages.js';

/** What becomes of a block. */
export type Fate =
  | 'run'
  /** Of the block before it. */
  | 'answer'
  /** Part of a program of TypeScript. */
  | 'program'
  /** A program that is compiled and not run. */
  | 'only checked'
  /** What later blocks find as a file. */
  | 'file'
  /** Of systemd. */
  | 'unit'
  /** A fragment for the compiler of Relay. */
  | 'relay'
  | 'not run'
  | 'run elsewhere';

export interface FatedBlock extends Block {
  readonly fate: Fate;
}

/** @throws when a block would be left out in silence */
export function fatesOf(blocks: readonly Block[]): FatedBlock[] {
  return blocks.map((block, index) => ({ ...block, fate: fateOf(block, blocks[index - 1]) }));
}

function fateOf({ page, line, language, mark = '' }: Block, before: Block | undefined): Fate {
  if (/^not run: .{20,}/.test(mark)) return 'not run';
  if (/^run: [\w-]+$/.test(mark)) return 'run elsewhere';
  if (/^file: \S+$/.test(mark)) return 'file';
  if (language === 'ini' && mark === 'unit') return 'unit';
  if (language === 'graphql') return mark === 'relay' ? 'relay' : 'run';
  if (language === 'sh') return 'run';
  if (language === 'ts') return /^only checked: .{20,}/.test(mark) ? 'only checked' : 'program';
  const isBehind = before !== undefined && ['graphql', 'sh', 'ts'].includes(before.language);
  if (isBehind && ['json', 'text'].includes(language)) return 'answer';
  throw new Error(`${page}:${line}: nothing tries this block. Mark it with "not run: " and the reason.`);
}
