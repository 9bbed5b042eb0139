// Gives the packages of the workspace the version of the server, which depends on that very one. Called by `npm version`.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const server = read('package.json');
for (const folder of server.workspaces) {
  const file = `${folder}/package.json`;
  const manifest = { ...read(file), version: server.version };
  server.dependencies[manifest.name] = server.version;
  write(file, manifest);
}
write('package.json', server);

function read(file) {
  return JSON.parse(readFileSync(new URL(file, root), 'utf8'));
}

function write(file, value) {
  writeFileSync(new URL(file, root), `${JSON.stringify(value, null, 2)}\n`);
}
