import type { Socket } from 'node:net';

/** Bytes that are read and discarded on a connection at most. */
const maxDiscarded = 256 * 1024 * 1024;

/**
 * Closes a connection whose client is still sending, and has been answered. Closing it at once would reset it, and a
 * client that reads only when it has sent everything would lose the answer. So what comes is discarded until the
 * client ends.
 *
 * @param time milliseconds after which the connection is cut
 */
export function closeLingering(socket: Socket, time: number): void {
  const timer = setTimeout(() => {
    socket.destroy();
  }, time);
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.end();
  if (!socket.isPaused()) {
    discard(socket);
    return;
  }
  // Node's HTTP server has stopped the socket beneath its stream, and starts it when it hears that the stream goes on.
  socket.once('resume', () => {
    discard(socket);
  });
  socket.resume();
}

function discard(socket: Socket): void {
  let left = maxDiscarded;
  // The HTTP parser listens no more: nothing that comes now is a request.
  socket.removeAllListeners('data');
  socket.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) socket.destroy();
  });
}
