import type { Config } from '../../config.js';
import { prepareSource } from '../../data/source.js';
import { createLog } from '../../http/log.js';
import { startCrew, type Crew } from './crew.js';
import { announce, say, warnOfDevelopmentMode, warnOfMissingKeys } from './say.js';
import { awaitStop, closeInTime, exitAtOnce, unlessStopped } from './stop.js';

/**
 * The process that prepares and holds the database, and keeps the others at work that answer requests. Connections
 * come in here, and node:cluster hands them to the workers in turn.
 *
 * @throws CommandError when a worker can't begin; EmbeddedDatabaseError, or the error of the database, as `createApp`
 */
export async function serveAsPrimary(config: Config): Promise<void> {
  let crew: Crew | undefined;
  const endAtOnce = () => {
    crew?.kill();
    exitAtOnce();
  };
  const stop = awaitStop(endAtOnce);
  warnOfDevelopmentMode(config);
  warnOfMissingKeys(config);
  const log = createLog(config.logLevel, { fields: { pid: process.pid } });
  const source = await unlessStopped(
    stop,
    prepareSource(config, say, stop.signal),
    config.stopTimeout,
    endAtOnce,
  );
  if (!source) return;
  try {
    const listening = new Promise<number>((resolve, reject) => {
      crew = startCrew({
        size: config.workers,
        port: config.port,
        environment: {
          DATABASE_URL: source.url,
          MIGRATE: 'off',
          ...(source.credentialsKeyFile && { CREDENTIALS_KEYS_FILE: source.credentialsKeyFile }),
        },
        log,
        onListening: resolve,
        onFailure: reject,
      });
    });
    const first = await Promise.race([listening, stop.asked]);
    if (typeof first === 'number') {
      announce(config, first);
      log.info({ port: first, workers: config.workers }, 'listening');
    }
    await stop.asked;
  } finally {
    await closeInTime(
      async () => {
        await crew?.stop();
        await source.close();
      },
      config.stopTimeout,
      endAtOnce,
    );
  }
}
