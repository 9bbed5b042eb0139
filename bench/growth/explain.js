import pg from 'pg';
import { createApp } from '../../dist/app.js';
import { readConfig } from '../../dist/config.js';
import { explain, isOfSweeper } from '../../test/support/plans.js';
import { chatledger } from '../contenders/chatledger.js';
import { openClient } from './client.js';

const modes = ['force_custom_plan', 'force_generic_plan'];

/** How often a request is sent before its statements are looked at: what comes often may be answered by others. */
const rehearsals = 4;

/**
 * Looks at how requests are answered: the server, in this process, tells its statements, and PostgreSQL how it answers
 * them, as they are planned for their values and once for all.
 */
export async function openExplainer(url) {
  const sent = [];
  const config = readConfig({ ...chatledger.environment(url, 0), LIVE_NOTIFY: 'off', LOG_LEVEL: 'silent' });
  const app = await createApp(config, {
    onStatement: (text, values) => {
      if (!isOfSweeper(text)) sent.push({ text, values });
    },
  });
  const client = openClient(await app.listen());
  const sql = new pg.Client({ connectionString: url, application_name: 'bench' });
  // When a signal ends the run, the database goes first.
  sql.on('error', () => undefined);
  await sql.connect();
  return {
    /** @param makeRequest called with a counter. @returns for each mode the scans and the buffers of all statements */
    async explain(makeRequest) {
      for (let n = 0; n < rehearsals; n++) {
        const request = await makeRequest(n);
        sent.length = 0;
        request.check((await client.send(request)).text);
      }
      const statements = [...sent];
      if (statements.length === 0) throw new Error('A request was answered without a statement.');
      const found = [];
      for (const mode of modes) {
        const plans = [];
        for (const statement of statements) plans.push(await explain(sql, mode, statement));
        found.push({
          mode,
          scans: plans.flatMap(({ scans }) => scans),
          buffers: plans.reduce((sum, { buffers }) => sum + buffers, 0),
        });
      }
      return found;
    },
    async close() {
      client.close();
      await sql.end();
      await app.close();
    },
  };
}
