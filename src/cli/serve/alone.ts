import { createApp } from '../../app.js';
import type { Config } from '../../config.js';
import { announce, say, warnOfDevelopmentMode, warnOfMissingKeys } from './say.js';
import { closeInTime, exitAtOnce, stopSignal } from './stop.js';

/** One process that does everything. */
export async function serveAlone(config: Config): Promise<void> {
  const stopAsked = stopSignal(exitAtOnce);
  warnOfDevelopmentMode(config);
  warnOfMissingKeys(config);
  const app = await createApp(config, { say });
  try {
    const port = await app.listen();
    announce(config, port);
    app.log.info({ port }, 'listening');
    const signal = await stopAsked;
    say(`${signal}: finishing what is under way.`);
  } finally {
    await closeInTime(() => app.close(), exitAtOnce);
  }
}
