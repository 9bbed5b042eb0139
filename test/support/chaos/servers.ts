import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../packages/embedded-database/src/free-port.js';
import type { Random } from './random.js';
import { startServer, type ServerProcess } from '../server-process.js';

/** A server that keeps its address while its processes come and go. */
export interface RestartingServer {
  readonly url: string;
  /** Kills the process with SIGKILL and starts another one. Resolves when that listens. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws when the server does not start, now or later, or when it ends without having been killed */
export async function startRestartingServer(environment: Record<string, string>): Promise<RestartingServer> {
  const port = await freePort();
  const start = () => startServer({ ...environment, PORT: `${port}` });
  let server: ServerProcess = await start();
  const stop = async () => {
    server.kill('SIGKILL');
    const { code } = await server.exited;
    if (code !== null) throw new Error(`A server ended by itself with ${code}:\n${server.told()}`);
  };
  return {
    url: server.url,
    async restart() {
      await stop();
      server = await start();
    },
    stop,
  };
}

/** Milliseconds from the moment when all servers are up again to the next kill. */
const pause = { least: 300, most: 2_000 };

/**
 * Kills one server after the other, and sometimes all at once, until some seconds have passed and `fewest` kills were
 * made, or the signal aborts. All servers are up again then.
 *
 * @returns how many processes were killed
 */
export async function killInTurn(
  servers: readonly RestartingServer[],
  random: Random,
  { seconds, fewest, signal }: { seconds: number; fewest: number; signal: AbortSignal },
): Promise<number> {
  const enough = performance.now() + seconds * 1_000;
  let kills = 0;
  while (!signal.aborted && (kills < fewest || performance.now() < enough)) {
    await sleep(random.between(pause.least, pause.most), undefined, { signal }).catch(() => undefined);
    const server = servers[kills % servers.length] ?? random.pick(servers);
    const killed = random.chance(0.1) ? servers : [server];
    await Promise.all(killed.map((one) => one.restart()));
    kills += killed.length;
  }
  return kills;
}
