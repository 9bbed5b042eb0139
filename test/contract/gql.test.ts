import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, test } from '@jest/globals';
import { SessionChanges, type SessionChange } from '../support/session-record.js';
import { socketUrl } from '../support/socket.js';
import { expectWhole, isLast } from './stage.js';

const program = fileURLToPath(new URL('gql/follow.py', import.meta.url));

/** A Python that has gql and websockets: see .ci/run. */
const { PYTHON_WITH_GQL: python } = process.env;
if (python === undefined)
  process.stderr.write(
    "Skipped: Python's gql. To test it: pip install 'gql[websockets]', and name the Python in PYTHON_WITH_GQL.\n",
  );

(python === undefined ? describe.skip : describe)("Python's gql", () => {
  test('follows over a WebSocket, and comes back by a new connection', async () => {
    await expectWhole(async ({ url, headers, sessionId }, record) => {
      const child = spawn(python ?? '', [program, socketUrl(url), headers['x-user-id'] ?? '', sessionId]);
      const exited = once(child, 'exit');
      let told = '';
      child.stderr.on('data', (chunk) => (told += String(chunk)));
      child.stdin.end(SessionChanges.toString());
      let isOver = false;
      for await (const line of createInterface({ input: child.stdout }))
        isOver = isLast(record, JSON.parse(line) as SessionChange);
      await exited;
      if (!isOver) throw new Error(`It ended before the session did:\n${told}`);
    });
  });
});
