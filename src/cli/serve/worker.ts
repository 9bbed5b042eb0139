import type { Worker } from 'node:cluster';
import { once } from 'node:events';
import { createApp } from '../../app.js';
import type { Config } from '../../config.js';
import { preparedSource } from '../../data/source.js';
import { describeFailure } from '../failure.js';
import type { WorkerMessage } from './worker-pool.js';
import { openLogOutput } from './log-output.js';
import { say } from './say.js';
import { closeInTime, exitAtOnce, stopSignals } from './stop.js';

/** One of the processes that answer requests. Why it can't begin it tells its primary, which tells people. */
export async function serveAsWorker(config: Config, worker: Worker): Promise<void> {
  const primaryGone = endOfPrimary(worker);
  const stopAsked = Promise.race([primaryGone, anySignal()]);
  try {
    const { credentialsKeys, database } = config;
    const app = await createApp(config, {
      say,
      logDestination: openLogOutput(),
      logFields: { pid: process.pid },
      // The primary gives the address to its workers when the database is there.
      ...(database.url !== undefined && { source: preparedSource(database.url, credentialsKeys) }),
    });
    try {
      const permission = once(worker, 'message');
      worker.send({ readiness: await app.checkReadiness() } satisfies WorkerMessage);
      await Promise.race([permission, primaryGone]);
      // A primary that has gone never answers whether it listens. Until then it is not to close: Node 22 breaks when a
      // server learns after its end that it could not listen.
      await Promise.race([app.listen(), primaryGone]);
      await stopAsked;
    } finally {
      await closeInTime(() => app.close(), config.stopTimeout, exitAtOnce);
    }
  } catch (error) {
    if (!worker.isConnected()) throw error;
    process.exitCode = 1;
    worker.send({ failure: describeFailure(error) } satisfies WorkerMessage);
  } finally {
    if (worker.isConnected()) worker.disconnect();
  }
}

/**
 * Resolves when a signal asks to stop. It may come twice, from the primary and from whoever signals the whole group
 * (Ctrl-C in a terminal), so the second one means nothing: who wants an end at once signals the primary twice.
 */
function anySignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of stopSignals) {
      process.on(signal, () => {
        resolve();
      });
    }
  });
}

function endOfPrimary(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('disconnect', () => {
      // Or else node:cluster ends this process here and now, with all that is under way.
      worker.exitedAfterDisconnect = true;
      resolve();
    });
  });
}
