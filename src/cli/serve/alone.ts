import { createApp } from '../../app.js';
import type { Config } from '../../config.js';
import { openWaitingRoom } from '../../http/waiting-room.js';
import { openLogOutput } from './log-output.js';
import { announce, say, warnOfDevelopmentMode, warnOfMissingKeys } from './say.js';
import { awaitStop, closeInTime, exitAtOnce, unlessStopped } from './stop.js';

/** One process that does everything. */
export async function serveAlone(config: Config): Promise<void> {
  const stop = awaitStop(exitAtOnce);
  warnOfDevelopmentMode(config);
  warnOfMissingKeys(config);
  const room = await openWaitingRoom(config);
  const app = await unlessStopped(
    stop,
    createApp(config, { say, logDestination: openLogOutput(), signal: stop.signal }).finally(room.close),
    config.stopTimeout,
    exitAtOnce,
  );
  if (!app) return;
  try {
    const port = await app.listen(room.port);
    announce(config, port, await app.checkReadiness());
    app.log.info({ port }, 'listening');
    await stop.asked;
  } finally {
    await closeInTime(() => app.close(), config.stopTimeout, exitAtOnce);
  }
}
