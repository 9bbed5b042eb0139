import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A TCP proxy in front of servers, as an operator puts one there. A new connection goes to a server whose `/ready`
 * has said so last, in turn, and when that one does not take it to the next. What is sent over it is passed on, and
 * nothing of it is ever sent twice.
 */
export interface Balancer {
  /** Where clients find GraphQL. */
  readonly url: string;
  /** Whether new connections go to the server with this address. */
  isReady(server: string): boolean;
  close(): Promise<void>;
}

/** Milliseconds from one look at `/ready` to the next. */
const interval = 100;

/** @param servers their addresses, which they keep while their processes come and go */
export async function startBalancer(servers: readonly string[]): Promise<Balancer> {
  const ready = new Set<string>();
  const open = new Set<Socket>();
  const over = new AbortController();

  const probe = async (server: string) => {
    while (!over.signal.aborted) {
      const isReady = await fetch(new URL('/ready', server), { headers: { connection: 'close' } }).then(
        async (response) => (await response.text()) !== '' && response.ok,
        () => false,
      );
      if (isReady) ready.add(server);
      else ready.delete(server);
      await sleep(interval, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };

  let turn = 0;
  /** A connection to one of those that are ready; undefined when none of them takes it. */
  const reach = async (): Promise<Socket | undefined> => {
    for (const candidates = new Set(ready); candidates.size > 0;) {
      turn += 1;
      const server = [...candidates][turn % candidates.size] ?? '';
      const { hostname, port } = new URL(server);
      const onward = connect(Number(port), hostname);
      try {
        await once(onward, 'connect');
        return onward;
      } catch {
        candidates.delete(server);
        ready.delete(server);
      }
    }
    return undefined;
  };

  /** Passes on what comes from one end, its end, and that it broke. */
  const join = (end: Socket, other: Socket) => {
    open.add(end);
    end.pipe(other);
    end.on('error', () => end.destroy());
    end.on('close', () => {
      open.delete(end);
      if (!end.readableEnded) other.destroy();
    });
  };

  const proxy = createServer({ pauseOnConnect: true }, (client) => {
    void reach().then((onward) => {
      if (!onward) {
        client.destroy();
        return;
      }
      join(client, onward);
      join(onward, client);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const probing = Promise.all(servers.map(probe));
  return {
    // A server on a port has an AddressInfo.
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/graphql`,
    isReady: (server) => ready.has(server),
    async close() {
      over.abort();
      await probing;
      const closed = once(proxy, 'close');
      proxy.close();
      for (const end of open) end.destroy();
      await closed;
    },
  };
}
