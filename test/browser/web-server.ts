import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { describeInBrowser } from './browser.js';

const example = fileURLToPath(new URL('../../examples/web/', import.meta.url));

/** The tests run where Chromium and what the example needs are there; where CHROMIUM is named they do not do without. */
export const describeExample = chooseDescribe();

function chooseDescribe(): typeof describeInBrowser {
  if (existsSync(`${example}node_modules/vite`)) return describeInBrowser;
  if (process.env['CHROMIUM'] !== undefined) throw new Error('Run first: npm ci --prefix examples/web');
  process.stderr.write('The example of a web page is not tested. To do it: npm ci --prefix examples/web\n');
  return describe.skip;
}

/** @throws when its types or its build fail, with what was said of it */
export async function buildExample(): Promise<void> {
  await promisify(execFile)('npm', ['run', 'build'], { cwd: example }).catch((error: unknown) => {
    const { stdout } = error as { stdout: string };
    throw new Error(`The example does not build:\n${stdout}`, { cause: error });
  });
}

export interface WebServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves what was built, with the API behind the same origin. */
export async function startWebServer(api: string): Promise<WebServer> {
  const vite = `${example}node_modules/vite/bin/vite.js`;
  const child = spawn(process.execPath, [vite, 'preview', '--host', '127.0.0.1', '--port', '0'], {
    cwd: example,
    env: { PATH: process.env['PATH'], CHATLEDGER_ORIGIN: api, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk) => (told += String(chunk)));
  const exited = once(child, 'exit');
  const origin = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /http:\/\/[\d.]+:\d+/.exec(line);
      if (address) resolve(address[0]);
    });
    void exited.then(() => {
      reject(new Error(`vite preview ended before it listened:\n${told}`));
    });
  });
  return {
    origin,
    async close() {
      child.kill();
      await exited;
    },
  };
}
