import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds from one look at the connections to the next. */
const pause = 50;

interface Waiting {
  readonly socket: Socket;
  /** Bytes that wait to be sent. */
  readonly bytes: number;
  /** When the client was last seen to take some, by `performance.now()`. */
  readonly since: number;
}

/**
 * Keeps unread answers from filling the memory. When too many bytes wait in all connections together, it closes those
 * whose clients have taken nothing for the longest time, and of several the one with the most bytes. Clients ask again,
 * or resume their streams.
 *
 * @param connections open connections, with the response that is under way
 * @param limit bytes that may wait in this process
 * @param onClosed called with the number of connections that were closed
 * @returns a function that stops the watch
 */
export function boundUnread(
  connections: ReadonlyMap<Socket, ServerResponse | undefined>,
  limit: number,
  onClosed: (count: number) => void,
): () => void {
  let seen = new WeakMap<Socket, { readonly taken: number; readonly since: number }>();

  const look = (): void => {
    const found: Waiting[] = [];
    const still: typeof seen = new WeakMap();
    const now = performance.now();
    let sum = 0;
    for (const [socket, response] of connections) {
      const bytes = Math.max(socket.writableLength, response?.writableLength ?? 0);
      if (bytes === 0) continue;
      const taken = socket.bytesWritten - socket.writableLength;
      const before = seen.get(socket);
      const since = before?.taken === taken ? before.since : now;
      found.push({ socket, bytes, since });
      still.set(socket, { taken, since });
      sum += bytes;
    }
    seen = still;
    if (sum <= limit) return;
    found.sort((a, b) => a.since - b.since || b.bytes - a.bytes);
    let closed = 0;
    for (const { socket, bytes } of found) {
      if (sum <= limit) break;
      socket.destroy();
      sum -= bytes;
      closed += 1;
    }
    onClosed(closed);
  };

  const timer = setInterval(look, pause);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
