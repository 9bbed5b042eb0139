import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { Append, createSession, member, numbers, readMessages } from '../support/ledger.js';
import { until } from '../support/until.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

const sessions = 20;
/** Many times what the pool has connections. */
const appends = 300;
const poolSize = 10;

interface Ready {
  readonly status: string;
  readonly limits?: string;
}

async function readiness({ server }: Scene): Promise<[number, Ready]> {
  const response = await fetch(new URL('/ready', server.url));
  return [response.status, (await response.json()) as Ready];
}

async function waitForStandby({ sql }: Scene, name: string): Promise<void> {
  await sql.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
  await sql.query('SELECT pg_reload_conf()');
  await until(async () => {
    const { rows } = await sql.query<{ names: string }>(
      "SELECT current_setting('synchronous_standby_names') AS names",
    );
    return rows[0]?.names === name;
  });
}

/** Connections of the server that PostgreSQL has. */
async function connections({ sql }: Scene): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'chatledger'",
  );
  return rows[0]?.count ?? 0;
}

test('a synchronous standby that is silent holds up writes alone', async () => {
  const scene = await stage.open({
    DATABASE_TIMEOUT_MILLISECONDS: '1000',
    DATABASE_POOL_SIZE: `${poolSize}`,
  });
  const service = scene.server.as();
  const alice = scene.server.as('alice');
  const created = await Promise.all(numbers(sessions).map(() => createSession(alice)));
  const messages = numbers(appends).map((n) => ({
    id: randomUUID(),
    sessionId: created[n % sessions]?.id ?? '',
  }));
  const append = async ({ id, sessionId }: (typeof messages)[number]) => {
    const input = { sessionId, message: { id, role: 'USER', content: id } } as const;
    const { data, errors, headers } = await service.run(Append, { input });
    if (data) return member(data.appendChatMessage, 'AppendChatMessageSuccess').chatMessage.id;
    return codesOf(errors, headers.get('x-request-id'));
  };

  await waitForStandby(scene, 'nobody');
  const state = { isOver: false };
  const reads = { answered: 0, looks: 0 };
  const reading = (async () => {
    while (!state.isOver) {
      // Without an error, or it throws.
      await readMessages(alice, created[reads.answered % sessions]?.id ?? '');
      reads.answered += 1;
      const [status, { status: word }] = await readiness(scene);
      expect([status, word]).toEqual([200, 'ready']);
      reads.looks += 1;
    }
  })();
  reading.catch(() => undefined);
  const codes = new Set<unknown>();
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(messages.map(append));
    for (const answer of answers)
      for (const code of answer) codes.add(Array.isArray(answer) ? code : 'acknowledged');
    expect(await connections(scene)).toBeLessThanOrEqual(poolSize);
  }
  await until(
    async () => (await readiness(scene))[1].limits?.startsWith('Writes are not acknowledged') === true,
  );
  state.isOver = true;
  await reading;
  expect(reads.answered).toBeGreaterThan(10);
  expect(codes).toEqual(new Set(['TIMEOUT', 'SERVICE_UNAVAILABLE']));
  expect(scene.isDown()).toBe(false);
  expect(scene.logged('Writes are not acknowledged')).toBeGreaterThan(0);

  await waitForStandby(scene, '');
  await until(async () => (await readiness(scene))[1].limits === undefined);
  // Whoever does not know whether it was done sends it again.
  for (const message of messages) {
    await until(async () => (await append(message)) === message.id);
  }
  const { rows } = await scene.sql.query<{ id: string }>(
    'SELECT id FROM "ChatMessage" WHERE "sessionId" = ANY($1)',
    [created.map(({ id }) => id)],
  );
  expect(rows.map(({ id }) => id).sort()).toEqual(messages.map(({ id }) => id).sort());
  const after = await scene.traffic();
  await after.acknowledges(20);
  await scene.survived('synchronous standby silent, and given up', 1, after, {
    acknowledged: appends,
    requests: 4 * appends + reads.answered,
  });
});
