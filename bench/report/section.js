import { readFile, writeFile } from 'node:fs/promises';
import { root } from '../settings.js';

const page = `${root}docs/performance.md`;

/** Puts one part of the report into docs/performance.md, between the markers of its name; all else stays. */
export async function publishSection(name, text) {
  const begin = `<!-- ${name}: from here on \`npm run ${name}\` writes -->`;
  const end = `<!-- ${name}: to here -->`;
  const found = await readFile(page, 'utf8');
  const [from, to] = [found.indexOf(begin), found.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md lacks the markers ${begin} and ${end}`);
  await writeFile(page, `${found.slice(0, from)}${begin}\n\n${text}\n\n${found.slice(to)}`);
}
