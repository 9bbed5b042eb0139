import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Readiness } from '../../data/readiness.js';
import { CommandError } from '../failure.js';
import { stopSignals } from './stop.js';

/** What a worker sends. */
export type WorkerMessage =
  /** It is about to listen, and waits for an answer: any message. */
  | { readonly readiness: Readiness }
  /** Why it could not begin, for people to read, before it ends. */
  | { readonly failure: string };

/** The workers of a primary. */
export interface WorkerPool {
  /** Asks all to finish what is under way, and waits until they have ended. Replaces none from now on. */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): void;
}

export interface WorkerPoolOptions {
  readonly size: number;
  /** Where to listen. 0 lets the system choose a port, the same for all. */
  readonly port: number;
  /** Variables in which they differ from this process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Told whenever a worker is about to listen. */
  readonly onPrepared: (readiness: Readiness) => void;
  /** Told the port once, when all listen. */
  readonly onListening: (port: number) => void;
  /** Told when one ended without having listened, and not all have been listening before: it is of no use to go on. */
  readonly onFailure: (error: CommandError) => void;
}

/** How a worker ended. */
interface End {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** What it said itself. */
  readonly failure: string | undefined;
}

const firstPause = 100;
const longestPause = 10_000;
/** Milliseconds of listening that show that a worker can live. */
const proofOfLife = 10_000;

/**
 * Milliseconds to wait before a worker that has ended is replaced.
 *
 * @param pauseBefore those that were waited for the one that has ended; undefined when it replaced nobody
 * @param listened milliseconds for which it listened
 */
export function pauseAfter(pauseBefore: number | undefined, listened: number): number {
  if (pauseBefore === undefined || listened >= proofOfLife) return firstPause;
  return Math.min(2 * pauseBefore, longestPause);
}

/** Starts workers, and another one for each that ends unasked. */
export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { size, port, environment, log } = options;
  const alive = new Set<Worker>();
  const listeningSince = new Map<Worker, number>();
  const replacements = new Set<NodeJS.Timeout>();
  let chosenPort: number | undefined;
  // All who ask for 0 get one port, for as long as one of them listens there.
  let askedPort = port;
  let allHaveListened = false;
  let isStopping = false;

  function start(pauseBefore?: number) {
    const worker = cluster.fork({ ...environment, PORT: String(askedPort) });
    let failure: string | undefined;
    alive.add(worker);
    worker.on('message', (message: WorkerMessage) => {
      if ('failure' in message) ({ failure } = message);
      else {
        options.onPrepared(message.readiness);
        worker.send('listen');
      }
    });
    worker.on('error', (error) => {
      // One that the system did not start has no exit.
      if (worker.process.pid !== undefined) return;
      onEnd(worker, { code: null, signal: null, failure: error.message }, pauseBefore);
    });
    worker.once('listening', (address) => {
      onListening(worker, address.port);
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      onEnd(worker, { code, signal, failure }, pauseBefore);
    });
  }

  function onListening(worker: Worker, itsPort: number) {
    chosenPort ??= itsPort;
    if (itsPort !== chosenPort) {
      // It asked for 0, and the last of the others ended before it was answered.
      worker.process.kill('SIGTERM');
      return;
    }
    listeningSince.set(worker, performance.now());
    log.info({ worker: worker.process.pid }, 'A worker is listening.');
    if (allHaveListened || listeningSince.size < size) return;
    allHaveListened = true;
    options.onListening(chosenPort);
  }

  function onEnd(worker: Worker, end: End, pauseBefore: number | undefined) {
    const since = listeningSince.get(worker);
    alive.delete(worker);
    listeningSince.delete(worker);
    if (listeningSince.size === 0) askedPort = chosenPort ?? port;
    const told = { worker: worker.process.pid, ...end };
    if (isStopping) {
      // One that never listened had nothing under way.
      if (since === undefined || wasAsked(end)) return;
      process.exitCode = 1;
      log.error(told, 'A worker did not stop cleanly.');
    } else if (since === undefined && !allHaveListened && !wasAsked(end)) {
      isStopping = true;
      options.onFailure(
        new CommandError(
          end.failure ?? `A worker ended with ${end.code ?? String(end.signal)} before it listened.`,
        ),
      );
    } else {
      const pause = pauseAfter(pauseBefore, since === undefined ? 0 : performance.now() - since);
      log.error({ ...told, pause }, 'A worker ended; starting another one.');
      const replacement = setTimeout(() => {
        replacements.delete(replacement);
        start(pause);
      }, pause);
      replacements.add(replacement);
    }
  }

  for (let count = 0; count < size; count += 1) start();
  return {
    async stop() {
      isStopping = true;
      for (const replacement of replacements) clearTimeout(replacement);
      const ends = [...alive].map((worker) => once(worker, 'exit'));
      // By a signal, not by a message: it also ends those that do not read messages yet.
      for (const worker of alive) worker.process.kill('SIGTERM');
      await Promise.all(ends);
    },
    kill() {
      for (const worker of alive) worker.process.kill('SIGKILL');
    },
  };
}

/** Whether somebody asked a worker to stop, and it did. One that was just starting ends by the signal itself. */
function wasAsked({ code, signal }: End): boolean {
  return code === 0 || stopSignals.some((each) => each === signal);
}
