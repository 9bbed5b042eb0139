import { v7 } from 'uuid';
import { insertMessages } from '../../dist/data/statements/append-messages.js';
import { appendStep, insertStep } from '../contenders/servers/sql.js';
import { restoreData } from '../data/load.js';
import { parametersOf } from '../operations.js';
import { compare, toTable } from './measure.js';

/** The append statement alone: as the ledger sends it, and as E does, which does not keep what replays are known by. */
export async function measureAppends({ client, database, send }) {
  const reports = [];
  for (const [size, lanes] of [
    [1, 1],
    [1, 10],
    [20, 1],
    [20, 10],
    [500, 1],
  ]) {
    const appends = parametersOf('M2', 500).map(({ sessionId, userId, messages }) => ({
      sessionId,
      userId,
      messages: Array.from({ length: size }, (_, n) => messages[n % messages.length]),
    }));
    const ways = {
      "Chatledger's statement": (n) => appendToLedger(database, appends[n % appends.length]),
      'the plain statement': (n) => appendPlainly(send, appends[n % appends.length]),
    };
    reports.push(toTable(`Append ${size}, ${lanes} at a time`, await compare(ways, { lanes })));
    await restoreData(client);
  }
  return reports;
}

const columns = ['id', 'sequence', 'role', 'content', 'createdAt'];
const bodyHash = '00'.repeat(32);

function appendToLedger(database, { sessionId, userId, messages }) {
  return insertMessages(
    database,
    userId,
    {
      sessionId,
      startSequence: null,
      clientIds: [],
      messages: messages.map((message) => ({ id: v7(), body: JSON.stringify(message), bodyHash })),
    },
    columns,
  );
}

function appendPlainly(send, { sessionId, userId, messages }) {
  const placed = messages.map((message, place) => ({ ...message, place, id: v7() }));
  const returning = columns.map((column) => `m."${column}"`).join(', ');
  return send('append', `WITH session AS (${appendStep}) ${insertStep()} RETURNING ${returning}`, [
    sessionId,
    userId,
    messages.length,
    JSON.stringify(placed),
  ]);
}
