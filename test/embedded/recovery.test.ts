import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isRunning, makeStage, postmasterPid, query, type Stage, until } from './stage.js';

/** Milliseconds that show that an end has no limit of its own: several times the longest one, for a busy machine. */
const endless = 60_000;

describe('bringing the embedded database back', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage();
  });
  afterEach(async () => {
    await stage.clear();
  });
  afterAll(async () => {
    await stage.end();
  });

  const pid = async () => (await postmasterPid(stage.dataDir)) ?? 0;
  const holdersOf = async (url: string) => {
    const rows = await query(url, `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'`);
    return rows[0]?.['n'];
  };
  const isBack = (url: string, holders: number) =>
    until(async () => (await holdersOf(url).catch(() => undefined)) === holders);

  test('a killed server comes back on the same port for all who use it, with everything acknowledged', async () => {
    const here = await stage.open();
    const there = stage.hold();
    await there.opened();
    await query(here.url, 'CREATE TABLE kept (n int)');
    for (let round = 1; round <= 3; round += 1) {
      await query(here.url, `INSERT INTO kept VALUES (${round})`);
      const killed = await pid();
      process.kill(killed, 'SIGKILL');
      await isBack(here.url, 2);
      expect(await pid()).not.toBe(killed);
      expect(await query(here.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: round }]);
    }
    expect(stage.said.filter((line) => line.includes('Lost the connection'))).toHaveLength(3);

    const server = await pid();
    await Promise.all([here.close(), there.close()]);
    expect(await isRunning(server)).toBe(false);
    expect(await postmasterPid(stage.dataDir)).toBeUndefined();
  });

  test('a killed session of the server only costs a new connection', async () => {
    const { url } = await stage.open();
    const server = await pid();
    const [row] = await query(
      url,
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'chatledger-keeper'`,
    );
    process.kill(Number(row?.['pid']), 'SIGKILL');
    await until(() => stage.said.some((line) => line.includes('Lost the connection')));
    await isBack(url, 1);
    expect(await pid()).toBe(server);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    'a server that was told to end (%s) comes back',
    async (signal) => {
      const { url } = await stage.open();
      const server = await pid();
      process.kill(server, signal);
      await until(async () => !(await isRunning(server)));
      await isBack(url, 1);
    },
  );

  test('while something else holds the port it keeps trying, and says so', async () => {
    const holder = stage.hold();
    const { url } = await holder.opened();
    holder.process.kill('SIGSTOP');
    const server = await pid();
    process.kill(server, 'SIGKILL');
    await until(async () => !(await isRunning(server)));
    const intruder = createServer().listen(Number(new URL(url).port), '127.0.0.1');
    await once(intruder, 'listening');
    holder.process.kill('SIGCONT');
    await until(() => holder.said.some((line) => line.includes('not back yet')));
    expect(holder.said.filter((line) => line.includes('not back yet')).join()).toContain('port');
    intruder.close();
    await isBack(url, 1);
    await holder.close();
  });

  test.each([
    ['before it is noticed', () => true],
    [
      'when it is noticed',
      (said: readonly string[]) => said.some((line) => line.includes('Lost the connection')),
    ],
    [
      'when the server starts again',
      async (_: unknown, killed: number) => ![0, killed].includes(await pid()),
    ],
  ])('leaving in the middle of an outage, %s, ends in time and leaves no server', async (_, moment) => {
    const holder = stage.hold();
    await holder.opened();
    const killed = await pid();
    process.kill(killed, 'SIGKILL');
    await until(() => moment(holder.said, killed));
    const before = Date.now();
    await holder.close();
    expect(Date.now() - before).toBeLessThan(endless);
    const left = await pid();
    expect({ said: holder.said, running: left !== 0 && (await isRunning(left)) }).toMatchObject({
      running: false,
    });
  });

  test('leaving a frozen server ends in time', async () => {
    const holder = stage.hold();
    const { url } = await holder.opened();
    const [row] = await query(
      url,
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'chatledger-keeper'`,
    );
    const frozen = [await pid(), Number(row?.['pid'])];
    for (const one of frozen) process.kill(one, 'SIGSTOP');
    const before = Date.now();
    await holder.close();
    expect(Date.now() - before).toBeLessThan(endless);
    for (const one of frozen) process.kill(one, 'SIGCONT');
    const next = await stage.open();
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a server that can not finish its shutdown is ended all the same', async () => {
    const holder = stage.hold();
    const { url } = await holder.opened();
    const rows = await query(url, `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`);
    const checkpointer = Number(rows[0]?.['pid']);
    process.kill(checkpointer, 'SIGSTOP');
    const before = Date.now();
    await holder.close();
    const took = Date.now() - before;
    // Nobody else will: it is stopped, and whoever could have ended it is gone.
    process.kill(checkpointer, 'SIGKILL');
    expect(took).toBeLessThan(endless);
    expect(holder.said.join()).toContain('slow to stop');
  });
});
