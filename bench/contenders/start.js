import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { root } from '../settings.js';

/**
 * Starts a contender and waits until it answers and, where it says so, is ready. What it writes goes to /dev/null,
 * except errors.
 *
 * @returns its port and process id, and `stop`, which ends this process and no other
 */
export async function startContender(contender, databaseUrl) {
  const port = await freePort();
  const child = spawn(contender.node, [...(contender.flags ?? []), contender.script], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...contender.environment(databaseUrl, port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = `${complaints}${chunk}`.slice(-4_000)));
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  // A signal may end this process before anybody stops the other.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  const stop = async () => {
    child.kill('SIGTERM');
    const grace = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(grace);
  };
  try {
    await Promise.race([
      answers(port, () => complaints.includes(contender.ready ?? '')),
      ended.then(() => Promise.reject(new Error(`${contender.title} ended at its start.`))),
    ]);
  } catch (error) {
    await stop();
    throw new Error(`${contender.title} did not start: ${complaints}`, { cause: error });
  }
  return { port, pid: child.pid, stop };
}

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Any answer will do: what a server says to an empty request is its own affair. */
async function answers(port, isReady) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD', signal: AbortSignal.timeout(1_000) });
      if (isReady()) return;
      throw new Error('It answers, but has not said that it is ready.');
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
