import type { Config } from '../../config.js';
import type { Readiness } from '../../data/readiness.js';
import { prepareSource, type Source } from '../../data/source.js';
import { createLog } from '../../http/log.js';
import { openWaitingRoom } from '../../http/waiting-room.js';
import { startWorkerPool, type WorkerPool } from './worker-pool.js';
import { openLogOutput } from './log-output.js';
import { announce, say, warnOfDevelopmentMode, warnOfMissingKeys } from './say.js';
import { awaitStop, closeInTime, exitAtOnce, unlessStopped } from './stop.js';

/**
 * The process that prepares and holds the database, and keeps the others at work that answer requests. Connections
 * come in here, and node:cluster hands them to the workers in turn.
 *
 * @throws CommandError when a worker can't begin; EmbeddedDatabaseError, or the error of the database, as `createApp`
 */
export async function serveAsPrimary(config: Config): Promise<void> {
  let pool: WorkerPool | undefined;
  const endAtOnce = () => {
    pool?.kill();
    exitAtOnce();
  };
  const stop = awaitStop(endAtOnce);
  warnOfDevelopmentMode(config);
  warnOfMissingKeys(config);
  const log = createLog(config.logLevel, { destination: openLogOutput(), fields: { pid: process.pid } });
  const room = await openWaitingRoom(config);
  let source: Source | undefined;
  try {
    source = await unlessStopped(
      stop,
      prepareSource(config, say, stop.signal),
      config.stopTimeout,
      endAtOnce,
    );
  } finally {
    if (!source) room.close();
  }
  if (!source) return;
  const { url, credentialsKeyFile } = source;
  let readiness: Readiness = { isReady: true };
  try {
    const listening = new Promise<number>((resolve, reject) => {
      pool = startWorkerPool({
        size: config.workers,
        port: room.port,
        environment: {
          DATABASE_URL: url,
          MIGRATE: 'off',
          ...(credentialsKeyFile && { CREDENTIALS_KEYS_FILE: credentialsKeyFile }),
        },
        log,
        onPrepared: (found) => {
          // The first one listens in its place.
          room.close();
          readiness = found;
        },
        onListening: resolve,
        onFailure: reject,
      });
    });
    const first = await Promise.race([listening, stop.asked]);
    if (typeof first === 'number') {
      announce(config, first, readiness);
      log.info({ port: first, workers: config.workers }, 'listening');
    }
    await stop.asked;
  } finally {
    await closeInTime(
      async () => {
        room.close();
        await pool?.stop();
        await source.close();
      },
      config.stopTimeout,
      endAtOnce,
    );
  }
}
