import { mkdir, writeFile } from 'node:fs/promises';
import { bench } from '../settings.js';
import { publishSection } from './section.js';

/** Writes one part of the report, below which stand its figures, kept whole in results/ of this folder. */
export async function publishPart(name, results, text) {
  const file = `results/${name}-${results.machine.date}-${results.machine.commit}.json`;
  await mkdir(`${bench}results`, { recursive: true });
  await writeFile(`${bench}${file}`, `${JSON.stringify(results, null, 1)}\n`);
  await publishSection(name, `${text}\n\nAll figures: [bench/${file}](../bench/${file}).`);
}
