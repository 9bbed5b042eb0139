import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { bench, root } from '../settings.js';
import { toMarkdown } from './markdown.js';
import { toSvg } from './plot.js';

const begin = '<!-- bench: from here on `npm run bench` writes -->';
const end = '<!-- bench: to here -->';

/**
 * Puts the report into docs/performance.md, where what stands around the markers stays, the plot beside it, and all
 * cells into results/ of this folder.
 */
export async function publishReport(results) {
  const page = `${root}docs/performance.md`;
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md lacks the markers ${begin} and ${end}`);
  const file = `results/${results.machine.date}-${results.machine.commit}.json`;
  await mkdir(`${bench}results`, { recursive: true });
  await writeFile(`${bench}${file}`, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(`${root}docs/performance.svg`, toSvg(results));
  const report = `${toMarkdown(results)}\n\n![Requests per second](performance.svg)\n\nAll cells: [bench/${file}](../bench/${file}).`;
  await writeFile(page, `${text.slice(0, from)}${begin}\n\n${report}\n\n${text.slice(to)}`);
}
