import { readFileSync } from 'node:fs';
import manifest from 'chatledger/client/trusted-documents.json' with { type: 'json' };
import { tour } from './tour.js';

for await (const line of tour(process.argv[2] ?? '')) process.stdout.write(`${line}\n`);

const schema = readFileSync(new URL(import.meta.resolve('chatledger/schema.graphql')), 'utf8');
process.stdout.write(
  `${Object.keys(manifest).length} trusted documents, ${schema.length} characters of schema\n`,
);
