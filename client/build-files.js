// Writes what goes with the SDK besides its code, into the folder of the compiled SDK. Called by ../scripts/build.js.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSchema, isAbstractType } from 'graphql';

const [folder] = process.argv.slice(2);
const documents = await import(pathToFileURL(path.join(folder, 'generated/documents.js')));

// Its documents by their SHA-256, as TRUSTED_DOCUMENTS wants them.
const texts = Object.entries(documents)
  .filter(([name]) => name.endsWith('Document'))
  .map(([, document]) => String(document));
write(
  'trusted-documents.json',
  texts.map((text) => [createHash('sha256').update(text).digest('hex'), text]),
);

// What Apollo's cache must know of interfaces and unions.
const schema = buildSchema(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'));
const abstractTypes = Object.values(schema.getTypeMap()).filter(isAbstractType);
write(
  'possible-types.json',
  abstractTypes.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

function write(name, entries) {
  writeFileSync(path.join(folder, name), `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}
