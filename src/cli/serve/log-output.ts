import { constants, fstatSync, openSync } from 'node:fs';
import { pino, type DestinationStream } from 'pino';

/**
 * Lines are written a few at a time, 100 milliseconds late at most: a system call for each costs a twentieth of a small
 * request. Beyond 16 MB that nobody reads, lines are dropped rather than kept.
 */
const buffered = { sync: false, minLength: 4_096, periodicFlush: 100, maxLength: 16 * 1024 * 1024 };

/** Milliseconds for which a process that ends waits for the reader of its log; less than `closeInTime` leaves. */
const lastWait = 300;

/**
 * Standard output for a log. A process that ends writes the remaining lines, unless it is killed, or nobody reads them:
 * a full pipe can't keep it from ending.
 */
export function openLogOutput(): DestinationStream {
  let deadline = Infinity;
  const output = pino.destination({
    ...buffered,
    dest: ownOutput(),
    retryEAGAIN: () => performance.now() < deadline,
  });
  const flushSync = output.flushSync.bind(output);
  output.flushSync = () => {
    deadline = performance.now() + lastWait;
    unblockStandardOutput();
    try {
      flushSync();
    } catch {
      // Nobody reads these lines.
    }
  };
  return output;
}

/**
 * Workers share standard output, and with it whether a write to a full pipe waits: a worker that ends makes it wait for
 * all of them. A pipe that is opened once more is not affected.
 */
function ownOutput(): number {
  const { fd } = process.stdout;
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Not on Linux, or nobody reads the pipe any more.
  }
  return fd;
}

/** The same for a socket, which can't be opened once more. Node has this of sockets and pipes, and does not document it. */
function unblockStandardOutput(): void {
  const { _handle } = process.stdout as { readonly _handle?: { setBlocking?(isBlocking: boolean): number } };
  _handle?.setBlocking?.(false);
}
