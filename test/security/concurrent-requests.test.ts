import { expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { createSession, numbers, readSession, Update } from '../support/ledger.js';
import { newUser, startTestApp, useTestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const most = 12;
const app = useTestApp({ CONCURRENT_LIMIT: String(most), DATABASE_POOL_SIZE: '4' });

/** Updates of a session whose row somebody holds, until the returned function is called. */
async function stuckUpdates(user: string, count: number) {
  const client = app.as(user);
  const { id } = await createSession(client);
  const holder = await app.database.sql.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
  const answers = numbers(count).map(() => client.run(Update, { input: { id, addPromptTokens: 1 } }));
  return {
    client,
    answers,
    release: async () => {
      await holder.query('ROLLBACK');
      holder.release();
    },
  };
}

const waitingForLocks = async () => {
  const { rowCount } = await app.database.sql.query(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'chatledger'
     AND datname = current_database()`,
  );
  return rowCount ?? 0;
};

test('one user has half of the connections, and what is too much for it is refused', async () => {
  const { client, answers, release } = await stuckUpdates(newUser(), most);
  await until(async () => (await waitingForLocks()) === 2);
  const { status, headers, errors } = await client.post({ query: '{ viewer { kind } }' });
  expect({ status, codes: codesOf(errors), retry: headers.get('retry-after') }).toEqual({
    status: 429,
    codes: ['RATE_LIMITED'],
    retry: '1',
  });
  // Others, and services, find connections.
  await createSession(app.as(newUser()));
  for (const answer of await Promise.all(
    numbers(most + 1).map(() => app.as().post({ query: '{ viewer { kind } }' })),
  ))
    expect(answer.errors).toEqual([]);
  expect(await waitingForLocks()).toBe(2);
  await release();
  for (const answer of await Promise.all(answers)) expect(answer.errors).toEqual([]);
  expect((await client.post({ query: '{ viewer { kind } }' })).errors).toEqual([]);
});

test('who waits for its turn in vain is told so in time', async () => {
  const impatient = await startTestApp({ DATABASE_POOL_SIZE: '1', REQUEST_TIMEOUT_MILLISECONDS: '1000' });
  try {
    const client = impatient.as(newUser());
    const { id } = await createSession(client);
    const holder = await impatient.database.sql.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [id]);
    const answers = numbers(4).map(() => client.run(Update, { input: { id, addPromptTokens: 1 } }));
    const outcomes: (string | undefined)[] = [];
    const told = answers.map(async (answer) => {
      const { errors } = await answer;
      outcomes.push(errors.length === 0 ? 'done' : codesOf(errors)[0]);
    });
    await until(() => outcomes.length === 3);
    expect(outcomes).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
    await holder.query('ROLLBACK');
    holder.release();
    await Promise.all(told);
    expect(outcomes[3]).toBe('done');
    // What came too late was not done.
    expect((await readSession(client, id)).totalPromptTokens).toBe(1);
  } finally {
    await impatient.close();
  }
});
