// Writes `chatledger/client`, the name of @chatledger/client within the package of the server. Called by scripts/build.js.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [file, name] of [
  ['index', '@chatledger/client'],
  ['documents', '@chatledger/client/documents'],
]) {
  for (const extension of ['js', 'd.ts'])
    writeFileSync(path.join(folder, `${file}.${extension}`), `export * from '${name}';\n`);
}
for (const name of ['possible-types.json', 'trusted-documents.json'])
  copyFileSync(fileURLToPath(import.meta.resolve(`@chatledger/client/${name}`)), path.join(folder, name));
