import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { heardAll, setsHintsStage, uuids, type Side } from '../support/hints.js';
import { createEmptyDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const { database, open, openListening, openProxy, openStranger, connections, afterwards } = setsHintsStage();

describe('a lost connection', () => {
  test('comes back by itself; what was missed may be anything, and what waited is sent', async () => {
    const there = await openListening();
    const known = await connections();
    const sessionId = randomUUID();
    const atLoss: boolean[] = [];
    const here: Side = await openListening({
      onLost: (reason) => {
        here.lost.push(reason);
        atLoss.push(here.hints.isListening);
        here.hints.notify(sessionId);
      },
    });
    const [pid] = (await connections()).filter((each) => !known.includes(each));
    await database().sql.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(() => there.heard.includes(sessionId));
    expect(atLoss).toEqual([false]);
    expect(here.hints.isListening).toBe(true);
    expect(here.heard).toEqual([sessionId, null]);
    expect(here.back).toEqual([true]);
    expect(there.heard).toEqual([sessionId]);
    expect(there.lost).toEqual([]);
  });

  test('that was never there comes when the database does, and each reason is told once', async () => {
    const there = await openListening();
    const proxy = await openProxy();
    await proxy.close();
    const here = open({ url: proxy.url });
    here.hints.notify(randomUUID());
    await until(() => here.lost.length > 0);
    const many = uuids(2_000);
    for (const sessionId of many) here.hints.notify(sessionId);
    await proxy.reopen();
    await until(() => here.hints.isListening && there.heard.length > 0);
    expect(here.lost.map(String)).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(here.back).toEqual([true]);
    // What waits is bounded.
    expect(there.heard).toEqual([null]);
  });

  test('that says nothing of it is noticed by its pings, and replaced', async () => {
    const there = await openListening();
    const proxy = await openProxy();
    const here = await openListening({ url: proxy.url, pingInterval: 50, answerTimeout: 1_000 });
    proxy.mode = 'frozen';
    const sessionId = randomUUID();
    here.hints.notify(sessionId);
    await until(() => here.lost.length > 0);
    expect(here.hints.isListening).toBe(false);
    proxy.mode = 'open';
    await until(() => here.hints.isListening);
    expect(here.back).toEqual([true]);
    // It was on its way when the connection froze.
    await until(() => there.heard.includes(sessionId));
    await heardAll(there, here);
    expect(here.heard).toEqual([sessionId, null]);
  });

  test('is told from one that only has nothing to say', async () => {
    const here = await openListening({ pingInterval: 5 });
    const { pings } = await openStranger();
    await until(() => pings.length >= 20);
    expect([here.lost, here.heard]).toEqual([[], []]);
  });
});

describe('a way to the database that loses notifications', () => {
  test('is never taken for one that brings them: a transaction pooler', async () => {
    const pooler = await openProxy('pooler');
    const here = open({ url: pooler.url, answerTimeout: 500 });
    await until(() => here.lost.length > 0);
    expect(String(here.lost[0])).toMatch(/transaction pooler.*DATABASE_DIRECT_URL/);
    expect([here.hints.isListening, here.heard]).toEqual([false, []]);
  });

  test('can be gone around', async () => {
    const pooler = await openProxy('pooler');
    const here = await openListening({ url: pooler.url, directUrl: database().url });
    const there = await openListening();
    await heardAll(here, there);
    await heardAll(there, here);
  });

  test('is one that leads to another database', async () => {
    const other = await createEmptyDatabase();
    afterwards(() => other.drop());
    const here = open({ directUrl: other.url, answerTimeout: 500 });
    await until(() => here.lost.length > 0);
    await here.hints.close();
    expect(String(here.lost[0])).toMatch(/another database than DATABASE_URL/);
    expect(here.heard).toEqual([]);
  });
});
