import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be closed, as if the server were gone, and opened again. */
export interface Gate {
  readonly port: number;
  /** Lets through again, on the same port. */
  open(): Promise<unknown>;
  /** Breaks what goes through, and lets nothing through. */
  close(): Promise<void>;
  /** Breaks what goes through, in the middle of whatever is sent. What comes next goes through. */
  cut(): void;
  /** Where what comes next is led. */
  leadTo(target: URL): void;
}

/** @param first address of the server, of which the host and the port count */
export async function gateTo(first: URL): Promise<Gate> {
  let target = new URL(first);
  const open = new Set<Socket>();
  const gate = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const end of [socket, onward]) {
      open.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => open.delete(end));
    }
    socket.pipe(onward).pipe(socket);
  });
  const listen = async (port: number) => {
    gate.listen(port, '127.0.0.1');
    await once(gate, 'listening');
    return (gate.address() as AddressInfo).port;
  };
  const cut = () => {
    for (const end of open) end.destroy();
  };
  const port = await listen(0);
  return {
    port,
    open: () => listen(port),
    cut,
    leadTo(next) {
      target = new URL(next);
    },
    async close() {
      const closed = once(gate, 'close');
      gate.close();
      cut();
      await closed;
    },
  };
}
