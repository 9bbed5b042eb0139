import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSession, Delete, member, readSession, Update } from '../support/ledger.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

// The answer to a write is lost, and its client decides by what it is told whether to send it again.

const stage = setsStage();

const row = 'SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE';

/** Ends the connections of the server that wait for a lock. @returns whether there were any */
async function cutWaiting({ sql }: Scene): Promise<boolean> {
  const { rowCount } = await sql.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE wait_event_type = 'Lock' AND application_name = 'chatledger' AND datname = current_database()`,
  );
  return (rowCount ?? 0) > 0;
}

const tombstones = async ({ sql }: Scene, id: string) =>
  (await sql.query('SELECT FROM "DeletedChatSession" WHERE id = $1', [id])).rowCount;

test('a deletion whose answer is lost is found done when it is sent again', async () => {
  const scene = await stage.open();
  const client = scene.server.as('alice');
  const times = rounds(5);
  for (let round = 1; round <= times; round += 1) {
    const { id } = await createSession(client);
    const release = await scene.hold(row, [id]);
    const first = client.runOk(Delete, { input: { id } });
    const second = client.runOk(Delete, { input: { id } });
    await until(async () => (await scene.waiting()) === 2);
    await release();
    const answers = await Promise.all([first, second]);
    const done = answers.map(({ deleteChatSession }) =>
      member(deleteChatSession, 'DeleteChatSessionSuccess'),
    );
    expect(done.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    const again = await client.runOk(Delete, { input: { id } });
    expect(again.deleteChatSession).toEqual({ __typename: 'DeleteChatSessionSuccess', id, replayed: true });
    expect(await tombstones(scene, id)).toBe(1);
  }
  await scene.survived('answer to a deletion lost, which is sent again', times);
});

test('a deletion whose connection breaks is sent again by the server', async () => {
  const scene = await stage.open();
  const client = scene.server.as('alice');
  const times = rounds(3);
  for (let round = 1; round <= times; round += 1) {
    const { id } = await createSession(client);
    const release = await scene.hold(row, [id]);
    const deletion = client.runOk(Delete, { input: { id } });
    await until(() => cutWaiting(scene));
    await release();
    member((await deletion).deleteChatSession, 'DeleteChatSessionSuccess');
    expect(await tombstones(scene, id)).toBe(1);
  }
  await scene.survived('connection of a deletion broken', times);
});

test('no part of a request that added tokens asks to be sent again when another part fails', async () => {
  const scene = await stage.open({ DATABASE_TIMEOUT_MILLISECONDS: '3000' });
  const client = scene.server.as('alice');
  const { id } = await createSession(client);
  const times = rounds(2);
  for (let round = 1; round <= times; round += 1) {
    const locked = await createSession(client);
    const release = await scene.hold(row, [locked.id]);
    const { errors, headers } = await client.post({
      query: `mutation ($add: UpdateChatSessionInput!, $title: UpdateChatSessionInput!) {
        added: updateChatSession(input: $add) { __typename }
        titled: updateChatSession(input: $title) { __typename }
      }`,
      variables: { add: { id, addPromptTokens: 3 }, title: { id: locked.id, title: randomUUID() } },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', retryable: false } }]);
    expect(headers.get('retry-after')).toBeNull();
    await release();
    expect(await readSession(client, id)).toMatchObject({ totalPromptTokens: 3 * round });
  }
  const { updateChatSession } = await client.runOk(Update, { input: { id, totalPromptTokens: 0 } });
  member(updateChatSession, 'UpdateChatSessionSuccess');
  await scene.survived('addition of tokens beside a write that times out', times);
});
