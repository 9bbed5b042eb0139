import { readdirSync, readFileSync } from 'node:fs';

const project = new URL('../../', import.meta.url);

/** The pages that are written for users, by their names in the project. */
export const pageNames: readonly string[] = [
  'README.md',
  'client/README.md',
  'packages/embedded-database/README.md',
  ...readdirSync(new URL('docs/', project))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Number of the line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** What the HTML comment right above it says, if there is one. */
  readonly mark: string | undefined;
}

export function readPage(name: string): string {
  return readFileSync(new URL(name, project), 'utf8');
}

/** All fenced blocks of a page in their order. @throws when a fence is not closed, or not at the start of its line */
export function blocksOf(page: string): Block[] {
  const lines = readPage(page).split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s+(```|~~~)|^~~~/.test(line))
      throw new Error(`${page}:${at + 1}: a block that is not found: indented, or with ~~~.`);
    if (!line.startsWith('```')) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${page}:${at + 1}: this block has no end.`);
    blocks.push({
      page,
      line: at + 1,
      language: line.slice(3),
      text: lines
        .slice(at + 1, end)
        .map((text) => `${text}\n`)
        .join(''),
      mark: markAbove(lines, at),
    });
    at = end;
  }
  return blocks;
}

function markAbove(lines: readonly string[], fence: number): string | undefined {
  let above = fence - 1;
  while (lines[above] === '') above -= 1;
  return /^<!-- (.*) -->$/.exec(lines[above] ?? '')?.[1];
}
