import { randomBytes, randomInt } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const answerWithinMs = 2_000;

/**
 * Runs `work` while no other process runs its own on the same folder.
 *
 * Every contender puts down a file of its own and then looks for files of others: whoever comes second sees the
 * first, so two never hold at once. A file names a loopback port on which its process answers with the file's token;
 * it means nothing once the process is gone, whatever killed it, and no name is ever used twice, so anybody may
 * delete it then. Pids would not do: they are used again, and containers that share a folder do not share them.
 */
export async function withStartClaim<T>(
  folder: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const token = randomBytes(8).toString('hex');
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(token);
  });
  const port = await listen(server);
  const name = `starting.${port}.${token}`;
  try {
    for (;;) {
      signal.throwIfAborted();
      await (await open(join(folder, name), 'wx', 0o600)).close();
      if (!(await othersAreAlive(folder, name))) return await work();
      await rm(join(folder, name), { force: true });
      await sleep(randomInt(10, 60));
    }
  } finally {
    await rm(join(folder, name), { force: true });
    server.close();
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

async function othersAreAlive(folder: string, own: string): Promise<boolean> {
  for (const name of await readdir(folder)) {
    const [, port, token] = /^starting\.(\d+)\.([0-9a-f]+)$/.exec(name) ?? [];
    if (name === own || port === undefined || token === undefined) continue;
    if (await answers(Number(port), token)) return true;
    await rm(join(folder, name), { force: true });
  }
  return false;
}

function answers(port: number, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let heard = '';
    socket.setTimeout(answerWithinMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      heard = (heard + chunk.toString()).slice(0, 64);
      if (heard === token) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      resolve(heard === token);
    });
  });
}
