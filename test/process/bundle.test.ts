import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles a program of a web page. esbuild fails if something in it can't be had in browsers, as `node:` can't. */
async function bundled(program: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const [output] = outputFiles;
  if (!output) throw new Error('esbuild has written nothing.');
  const inputs = Object.entries(metafile.outputs).flatMap(([, { inputs }]) => Object.entries(inputs));
  return {
    text: output.text,
    gzipped: gzipSync(output.contents, { level: 9 }).length,
    sources: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name),
  };
}

test('all of the SDK takes less than 15 kB of a web page', async () => {
  const { gzipped, sources } = await bundled(`export * from '@chatledger/client';`);
  // What is measured is what was built, with its one dependency.
  expect(sources).toContain('client/dist/stream-message.js');
  expect(sources).toContainEqual(
    expect.stringMatching(/node_modules\/eventsource-parser\/dist\/stream\.js$/),
  );
  expect(gzipped).toBeLessThan(15_000);
});

test('a page that makes ids takes nothing else of it', async () => {
  const { gzipped, sources } = await bundled(
    `import { newId } from '@chatledger/client'; document.title = newId();`,
  );
  expect(sources).toEqual(['client/dist/ids.js', '<stdin>']);
  expect(gzipped).toBeLessThan(500);
});

test('what browsers do not have is found', async () => {
  const program = `import { readFile } from 'node:fs'; readFile('x');`;
  await expect(bundled(program)).rejects.toThrow('Could not resolve "node:fs"');
});
