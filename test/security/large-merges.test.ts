import { expect } from '@jest/globals';
import { startsAttackedServer } from '../support/attacked-server.js';
import { createClient } from '../support/client.js';
import { createSession, numbers, updated } from '../support/ledger.js';
import { testOnLinux } from '../support/server-load.js';
import { newUser } from '../support/test-app.js';

const attacked = startsAttackedServer();

/** As many keys as a map holds: with null, 252 kB. */
const keys = numbers(21_000).map((n) => n.toString(36).padStart(4, '0'));
const full = Object.fromEntries(keys.map((key) => [key, 0]));
const removal = Object.fromEntries(keys.map((key) => [key, null]));

// PostgreSQL ends a statement after 10 s, which comparing each key with each would take several times over.
testOnLinux(
  'maps with as many keys as they hold are merged in both directions, ten at a time',
  async () => {
    const client = createClient(attacked.process.url, { 'x-user-id': newUser() });
    const merged = await attacked.survives(() =>
      Promise.all(
        numbers(10).map(async () => {
          const { id } = await createSession(client, {
            successfulAgentRuns: full,
            successfulAgentSchedules: full,
          });
          const maps = { successfulAgentRuns: removal, successfulAgentSchedules: removal };
          return updated(client, { id, ...maps, jsonUpdate: 'MERGE' });
        }),
      ),
    );
    for (const { successfulAgentRuns, successfulAgentSchedules } of merged)
      expect([successfulAgentRuns, successfulAgentSchedules]).toEqual([{}, {}]);
  },
  60_000,
);
