import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What the way to the database does: lets pass, swallows what is sent, or is a transaction pooler. */
export type ProxyMode = 'open' | 'frozen' | 'pooler';

/** A way to a database that can fail. */
export interface DatabaseProxy {
  readonly url: string;
  mode: ProxyMode;
  /** Changes what the database answers, a chunk at a time. Default: not at all. */
  damage: ((answer: Buffer) => Buffer) | undefined;
  /** Leads new connections to another server, as after a failover. */
  leadTo(database: string): void;
  /** Refuses connections, and breaks those that are there. */
  close(): Promise<void>;
  /** Takes connections again, on the same port. */
  reopen(): Promise<void>;
}

/** The end of the answer to a statement outside of a transaction: after it a pooler takes the connection away. */
const readyForQuery = Buffer.from('5a0000000549', 'hex');

export async function startDatabaseProxy(database: string, mode: ProxyMode = 'open'): Promise<DatabaseProxy> {
  const url = new URL(database);
  let target = new URL(database);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const [end, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => {
        sockets.delete(end);
        if (proxy.mode !== 'frozen') other.destroy();
      });
    }
    let isLinked = true;
    client.on('data', (chunk) => {
      isLinked = true;
      if (proxy.mode !== 'frozen') onward.write(chunk);
    });
    onward.on('data', (chunk) => {
      // A transaction pooler has nobody to give a notification to that comes between two statements.
      if (proxy.mode === 'open' || (proxy.mode === 'pooler' && isLinked))
        client.write(proxy.damage?.(chunk) ?? chunk);
      if (chunk.subarray(-readyForQuery.length).equals(readyForQuery)) isLinked = false;
    });
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  // A server on a port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const proxy: DatabaseProxy = {
    url: url.href,
    mode,
    damage: undefined,
    leadTo(next) {
      target = new URL(next);
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    reopen: () => listen(port),
  };
  return proxy;
}
