import { mkdir, writeFile } from 'node:fs/promises';
import { bench, root } from '../settings.js';
import { toMarkdown } from './markdown.js';
import { toSvg } from './plot.js';
import { publishSection } from './section.js';

/** Puts the report into docs/performance.md, the plot beside it, and all cells into results/ of this folder. */
export async function publishReport(results) {
  const file = `results/${results.machine.date}-${results.machine.commit}.json`;
  await mkdir(`${bench}results`, { recursive: true });
  await writeFile(`${bench}${file}`, `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(`${root}docs/performance.svg`, toSvg(results));
  const report = `${toMarkdown(results)}\n\n![Requests per second](performance.svg)\n\nAll cells: [bench/${file}](../bench/${file}).`;
  await publishSection('bench', report);
}
