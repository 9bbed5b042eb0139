import pg from 'pg';
import { openDatabase } from '../../dist/data/database.js';
import { openBenchDatabase } from '../data/database.js';
import { loadData } from '../data/load.js';
import { settings } from '../settings.js';

/** The data set of the side-by-side measurement, with the project's own way to the database. `close` removes it. */
export async function openMicroDatabase() {
  const bench = await openBenchDatabase();
  await loadData(bench.client);
  const database = openDatabase({ url: bench.url, poolSize: settings.poolSize });
  const plain = new pg.Pool({ connectionString: bench.url, max: settings.poolSize });
  return {
    url: bench.url,
    client: bench.client,
    database,
    /** A named statement without the project in between. */
    send: async (name, text, values) => (await plain.query({ name, text, values })).rows,
    async close() {
      await Promise.all([database.close(), plain.end()]);
      await bench.close();
    },
  };
}
