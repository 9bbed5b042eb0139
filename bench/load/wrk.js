import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bench } from '../settings.js';

/** @throws an error that says where to get it */
export function checkWrk() {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' });
  } catch (error) {
    // wrk ends with 1 after telling its version.
    if (error.code === 'ENOENT')
      throw new Error('The load comes from wrk, which is not installed: apt-get install wrk', {
        cause: error,
      });
  }
}

/** Writes a file of requests for `runWrk`. @param requests with path, headers and body (an object) */
export function writeRequests(file, requests) {
  const lines = requests.flatMap(({ path, headers, body }) => [
    path,
    Object.entries({ 'content-type': 'application/json', ...headers })
      .map(([name, value]) => `${name}: ${value}`)
      .join('\t'),
    JSON.stringify(body),
  ]);
  return writeFile(file, `${lines.join('\n')}\n`);
}

/**
 * One thread of wrk: two would take the second core from the server, and with one no two requests that are under way
 * at a time are for the same session.
 *
 * @returns requests, bytes (of answers with their headers), microseconds, p50 and p99 in microseconds, failures
 *   (no answer, or a status from 400 on)
 */
export async function runWrk({ port, file, seconds, connections }) {
  const { stdout } = await promisify(execFile)('wrk', [
    ...[
      '--threads',
      '1',
      '--connections',
      String(connections),
      '--duration',
      `${seconds}s`,
      '--timeout',
      '10s',
    ],
    ...['--script', `${bench}load/wrk.lua`, `http://127.0.0.1:${port}`, '--', file],
  ]);
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (result === undefined) throw new Error(`wrk gave no result:\n${stdout}`);
  return JSON.parse(result);
}
