import { openBenchDatabase } from '../data/database.js';
import { installAppendFunctions, loadData } from '../data/load.js';
import { checkWrk } from '../load/wrk.js';
import { checkSameData } from '../measure/check.js';
import { startContender } from './start.js';

/**
 * Measures contenders that run side by side on the data set, after they have shown that they answer alike. All is ended
 * afterwards, also by a signal.
 *
 * @param wanted contenders by their names
 * @param asked names of operations
 * @param say told what is being done
 * @param measure given a connection to the database, and the contenders as they run
 */
export async function withContenders(wanted, asked, say, measure) {
  checkWrk();
  const running = [];
  say('Opening the database ...');
  const database = await openBenchDatabase();
  const end = async () => {
    await Promise.all(running.splice(0).map(({ stop }) => stop()));
    await database.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void end().finally(() => process.exit(1)));
  try {
    say('Loading the data ...');
    await loadData(database.client);
    await installAppendFunctions(database.client);
    for (const [name, contender] of Object.entries(wanted)) {
      if (contender.missing) throw new Error(`${contender.title} can't run: ${contender.missing}.`);
      running.push({ name, contender, ...(await startContender(contender, database.url)) });
    }
    say('Checking that all answer alike ...');
    await checkSameData(database.client, running, asked);
    await measure(database.client, running);
  } finally {
    await end();
  }
}
