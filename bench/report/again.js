// Writes the page and the plot once more from the results of a run: `npm run report -- results/FILE.json`.
import { readFile } from 'node:fs/promises';
import { publishReport } from './publish.js';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the results: npm run report -- results/FILE.json');
await publishReport(JSON.parse(await readFile(file, 'utf8')));
