// Writes schema.graphql from the code, or with --check says whether it is as the code has it.
import { readFileSync, writeFileSync } from 'node:fs';
import { schemaText } from '../dist/schema/schema.js';

const file = new URL('../schema.graphql', import.meta.url);
const text = schemaText();
if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') === text) {
  console.log('schema.graphql is as the code has it.');
} else {
  console.error('schema.graphql differs from the code. Write it anew with: npm run schema');
  process.exitCode = 1;
}
