import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const inProject = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Has the compiler of Relay check a fragment against the schema. @throws with what it says */
export async function compileForRelay(fragment: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-relay-'));
  try {
    // Relay wants the name of the file at the beginning of that of the fragment.
    const [, module = ''] = /^fragment ([A-Za-z]+)_/.exec(fragment) ?? [];
    await mkdir(path.join(folder, 'src'));
    await writeFile(path.join(folder, 'src', `${module}.ts`), `graphql\`${fragment}\`;`);
    await cp(inProject('schema.graphql'), path.join(folder, 'schema.graphql'));
    const config = { src: './src', schema: './schema.graphql', language: 'typescript', excludes: [] };
    await writeFile(path.join(folder, 'relay.config.json'), JSON.stringify(config));
    const compiler = spawn(
      process.execPath,
      [inProject('node_modules/relay-compiler/cli.js'), 'relay.config.json'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [compiler.stdout, compiler.stderr])
      stream.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(compiler, 'close')) as [number | null];
    if (code !== 0) throw new Error(`relay-compiler ended with ${code ?? 'a signal'}:\n${said}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
