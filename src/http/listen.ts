import type { Server } from 'node:http';

/**
 * Connections that wait to be accepted. Beyond Node's 511 the system drops them, and their clients try again after
 * seconds. Linux takes no more than `net.core.somaxconn`, 4,096 by default.
 */
const backlog = 4_096;

/** Begins to listen. @returns the port, which the system chose if 0 was asked for */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
