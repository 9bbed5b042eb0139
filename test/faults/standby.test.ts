import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { Append, Create, createSession, Delete, member, numbers, readMessages } from '../support/ledger.js';
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
  await Promise.race([reading, until(() => reads.answered > 10)]);
  state.isOver = true;
  await reading;
  expect(codes).toEqual(new Set(['TIMEOUT', 'SERVICE_UNAVAILABLE']));
  expect(scene.isDown()).toBe(false);
  expect(scene.logged('The database answers but does not acknowledge writes')).toBeGreaterThan(0);

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

test('creations and deletions are held up likewise, and are done once', async () => {
  const scene = await stage.open({
    DATABASE_TIMEOUT_MILLISECONDS: '1000',
    DATABASE_POOL_SIZE: `${poolSize}`,
  });
  const alice = scene.server.as('alice');
  const known = await createSession(alice);
  const doomed = await Promise.all(numbers(20).map(() => createSession(alice)));
  const toCreate = numbers(20).map(() => randomUUID());
  const toDelete = doomed.map(({ id }) => id);
  const create = async (id: string) => {
    const { data, errors, headers } = await alice.run(Create, { input: { id, title: id } });
    if (data) return member(data.createChatSession, 'CreateChatSessionSuccess').chatSession.title;
    return codesOf(errors, headers.get('x-request-id'));
  };
  const remove = async (id: string) => {
    const { data, errors, headers } = await alice.run(Delete, { input: { id } });
    if (data) return member(data.deleteChatSession, 'DeleteChatSessionSuccess').id;
    return codesOf(errors, headers.get('x-request-id'));
  };

  await waitForStandby(scene, 'nobody');
  const answers = await Promise.all([...toCreate.map(create), ...toDelete.map(remove)]);
  expect(new Set(answers.flat())).toEqual(new Set(['TIMEOUT', 'SERVICE_UNAVAILABLE']));
  expect(await connections(scene)).toBeLessThanOrEqual(poolSize);
  // What is not safe yet is not visible either, and does not keep anybody from reading.
  expect(await readMessages(alice, known.id)).toEqual([]);
  const { rows: before } = await scene.sql.query('SELECT FROM "ChatSession"');
  expect(before).toHaveLength(1 + toDelete.length);
  expect(scene.isDown()).toBe(false);

  await waitForStandby(scene, '');
  for (const id of toCreate) await until(async () => (await create(id)) === id);
  for (const id of toDelete) await until(async () => (await remove(id)) === id);
  const { rows } = await scene.sql.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM "ChatSession" WHERE id <> $1',
    [known.id],
  );
  expect(rows.map(({ id }) => id).sort()).toEqual(toCreate.sort());
  expect(new Set(rows.map(({ revision }) => revision))).toEqual(new Set([0]));
  const { rows: tombstones } = await scene.sql.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM "DeletedChatSession"',
  );
  expect(tombstones.map(({ id }) => id).sort()).toEqual(toDelete.sort());
  expect(new Set(tombstones.map(({ revision }) => revision))).toEqual(new Set([1]));
});
