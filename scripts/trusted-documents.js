// Writes the documents of the SDK, by their SHA-256, as TRUSTED_DOCUMENTS wants them. Called by scripts/build.js with
// the folder of the compiled SDK.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder] = process.argv.slice(2);
const documents = await import(pathToFileURL(path.join(folder, 'generated/documents.js')));
const texts = Object.entries(documents)
  .filter(([name]) => name.endsWith('Document'))
  .map(([, document]) => String(document));
const byHash = Object.fromEntries(
  texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]),
);
writeFileSync(path.join(folder, 'trusted-documents.json'), `${JSON.stringify(byHash, null, 2)}\n`);
