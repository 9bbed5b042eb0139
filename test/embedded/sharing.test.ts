import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isRunning, makeStage, postmasterPid, query, type Stage, until } from './stage.js';

describe('sharing the embedded database', () => {
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

  test('processes that start at the same moment on an empty folder get one server', async () => {
    const holders = [stage.hold(), stage.hold(), stage.hold()];
    const opened = await Promise.all(holders.map((holder) => holder.opened()));
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1);
    const [first] = opened;
    await query(first?.url ?? '', 'CREATE TABLE shared AS SELECT 1 AS one');
    for (const { url } of opened) expect(await query(url, 'SELECT one FROM shared')).toEqual([{ one: 1 }]);
    const prepared = holders.flatMap(({ said }) => said).filter((line) => line.startsWith('Preparing'));
    expect(prepared).toHaveLength(1);

    const server = await pid();
    await Promise.all(holders.map((holder) => holder.close()));
    expect(await isRunning(server)).toBe(false);
    expect(await postmasterPid(stage.dataDir)).toBeUndefined();
  });

  test('the server goes on when the one who started it leaves, and ends with the last', async () => {
    const starter = stage.hold();
    const { url } = await starter.opened();
    const other = stage.hold();
    await other.opened();
    expect(other.said.join()).toContain('Sharing');
    const server = await pid();

    await starter.close();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await pid()).toBe(server);

    await other.close();
    expect(await isRunning(server)).toBe(false);
    expect(await postmasterPid(stage.dataDir)).toBeUndefined();
  });

  test('a server whose process was killed is adopted by the next, with everything acknowledged', async () => {
    const killed = stage.hold();
    const { url } = await killed.opened();
    await query(url, 'CREATE TABLE acknowledged AS SELECT 1 AS one');
    const server = await pid();
    await killed.kill();

    const next = stage.hold();
    expect((await next.opened()).url).toBe(url);
    expect(next.said.join()).toContain('Adopting');
    expect(await pid()).toBe(server);
    expect(await query(url, 'SELECT one FROM acknowledged')).toEqual([{ one: 1 }]);
    await next.close();
    expect(await isRunning(server)).toBe(false);
  });

  test('a process that is killed while it starts the server is no obstacle to the next', async () => {
    const first = await stage.open();
    await first.close();
    const killed = stage.hold();
    await until(async () => (await postmasterPid(stage.dataDir)) !== undefined);
    await killed.kill();
    const next = await stage.open();
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('one who arrives while the last is leaving gets a working server', async () => {
    let holder = await stage.open();
    for (let round = 0; round < 10; round += 1) {
      const leaving = holder.close();
      holder = await stage.open();
      expect(await query(holder.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await leaving;
      expect(await query(holder.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    }
  });

  test('of those who leave at once, exactly one stops the server', async () => {
    for (let round = 0; round < 5; round += 1) {
      const holders = await Promise.all([stage.open(), stage.open(), stage.open()]);
      const server = await pid();
      await Promise.all(holders.map((holder) => holder.close()));
      expect(await isRunning(server)).toBe(false);
    }
  });

  test('in any coming and going nobody meets a server that does not work', async () => {
    const comeAndGo = async (visits: number) => {
      for (let visit = 0; visit < visits; visit += 1) {
        const holder = await stage.open();
        expect(await query(holder.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
        await Promise.all([holder.close(), holder.close()]);
      }
    };
    await Promise.all([comeAndGo(6), comeAndGo(6), comeAndGo(6), comeAndGo(6)]);
    expect(await postmasterPid(stage.dataDir)).toBeUndefined();
    expect(stage.said.filter((line) => line.includes('Lost the connection'))).toEqual([]);
  });
});
