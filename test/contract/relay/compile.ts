import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const inProject = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

/** What relay-compiler makes of the documents in ledger.js. */
export interface Artifacts {
  /** The one of this name. @throws when there is none */
  get(name: string): unknown;
  remove(): Promise<void>;
}

/** Compiles against the schema as it is, in a folder that is gone afterwards. @throws with what the compiler says */
export async function compileDocuments(): Promise<Artifacts> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-relay-'));
  for (const name of ['src', 'artifacts']) await mkdir(path.join(folder, name));
  await copyFile(fileURLToPath(new URL('ledger.js', import.meta.url)), path.join(folder, 'src/ledger.js'));
  await copyFile(inProject('schema.graphql'), path.join(folder, 'schema.graphql'));
  const config = path.join(folder, 'relay.config.json');
  await writeFile(
    config,
    JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'javascript',
      artifactDirectory: './artifacts',
      eagerEsModules: false,
    }),
  );
  const compiler = inProject('node_modules/relay-compiler/cli.js');
  await promisify(execFile)(process.execPath, [compiler, config], { cwd: folder });
  const require = createRequire(path.join(folder, 'artifacts', 'here.js'));
  return {
    get: (name) => require(`./${name}.graphql.js`) as unknown,
    remove: () => rm(folder, { recursive: true }),
  };
}
