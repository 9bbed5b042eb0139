import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { createTestDatabase } from '../support/test-database.js';

test('SIGTERM to `npm start` reaches the server, which stops as it should', async () => {
  const database = await createTestDatabase();
  // Without `prestart`, which would build while other tests use what is built.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(npm, 'exit');
  let told = '';
  npm.stderr.on('data', (chunk) => (told += String(chunk)));
  for await (const line of createInterface({ input: npm.stdout })) if (line.includes('"listening"')) break;

  npm.kill('SIGTERM');
  await exited;
  // The server's end of the pipe closes when the server itself is gone.
  if (!npm.stderr.closed) await once(npm.stderr, 'close');
  expect(told).toContain('SIGTERM: finishing what is under way.');
  await database.drop();
});
