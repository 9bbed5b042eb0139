import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { ProxyMode } from '../support/database-proxy.js';
import { heardAll, setsHintsStage, uuids } from '../support/hints.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { newUser, startsTestApps } from '../support/test-app.js';
import { until } from '../support/until.js';

const startTestApp = startsTestApps();
const run = promisify(execFile);
const { open, openListening, openProxy, openStranger, connections } = setsHintsStage();

describe('a hint', () => {
  test('comes once to all on the same database, also to the one who gave it', async () => {
    const [here, there] = [await openListening(), await openListening()];
    const sessionId = randomUUID();
    here.hints.notify(sessionId);
    await heardAll(here, there);
    await heardAll(there, here);
    expect([here.heard, there.heard]).toEqual([[sessionId], [sessionId]]);
  });

  test('is given after the call that announces it, to each listener and as long as it listens', async () => {
    const { hints, heard, listenerErrors } = open({ notify: false });
    const more: (string | null)[] = [];
    const end = hints.subscribe((sessionId) => more.push(sessionId));
    const fault = new Error('A listener failed.');
    const endFault = hints.subscribe(() => {
      throw fault;
    });
    const after: (string | null)[] = [];
    hints.subscribe((sessionId) => after.push(sessionId));
    const [one, two] = [randomUUID(), randomUUID()];
    hints.notify(one);
    expect([heard, more, after, listenerErrors]).toEqual([[], [], [], []]);
    await nextTurn();
    expect([heard, more, after, listenerErrors]).toEqual([[one], [one], [one], [fault]]);
    end();
    endFault();
    hints.notify(two);
    await nextTurn();
    expect([heard, more, after, listenerErrors]).toEqual([[one, two], [one], [one, two], [fault]]);
  });

  test('stands for all of one turn: a thousand announcements of 300 sessions are one notification', async () => {
    const [here, there, stranger] = [await openListening(), await openListening(), await openStranger()];
    const sessions = uuids(300);
    for (const index of numbers(1_000)) here.hints.notify(sessions[index % 300] ?? '');
    await until(() => there.heard.length === 300);
    await heardAll(here, there);
    await until(() => stranger.payloads.length >= 2);
    // The other one is what was just waited for.
    expect(stranger.payloads).toHaveLength(2);
    expect(here.heard).toEqual(sessions);
    expect(there.heard).toEqual(sessions);
  });

  test('names a thousand sessions at most, and then says that it may be any', async () => {
    const [here, there, stranger] = [await openListening(), await openListening(), await openStranger()];
    const thousand = uuids(1_000);
    for (const sessionId of thousand) here.hints.notify(sessionId);
    await until(() => there.heard.length === 1_000 && stranger.payloads.length === 3);
    expect(there.heard.splice(0)).toEqual(thousand);
    stranger.payloads.splice(0);

    here.heard.splice(0);
    const more = [...thousand, randomUUID()];
    for (const sessionId of more) here.hints.notify(sessionId);
    await until(() => there.heard.length === 1);
    await heardAll(here, there);
    expect(there.heard).toEqual([null]);
    expect(here.heard).toEqual(more);
    await until(() => stranger.payloads.length >= 2);
    expect(stranger.payloads).toHaveLength(2);
  });

  test('costs twenty notifications a second at most', async () => {
    const [here, there, stranger] = [await openListening(), await openListening(), await openStranger()];
    const sessions = uuids(200);
    const begin = performance.now();
    for (let index = 0; stranger.payloads.length < 10; index++) {
      here.hints.notify(sessions[index % 200] ?? '');
      await nextTurn();
    }
    const elapsed = performance.now() - begin;
    expect(elapsed).toBeGreaterThan(9 * 50 * 0.95);
    await heardAll(here, there);
    expect([...new Set(there.heard)].sort()).toEqual([...sessions].sort());
  });

  test('of a stranger that says nothing is not heard', async () => {
    const [here, there, stranger] = [await openListening(), await openListening(), await openStranger()];
    for (const payload of [
      '',
      '*',
      'x'.repeat(7_999),
      '{"id":1}',
      randomUUID(),
      'abcdefgh:x',
      'abcdefgh?abcdefgh',
    ]) {
      await stranger.send(payload);
    }
    await heardAll(there, here);
    expect(here.heard).toEqual([]);
  });
});

describe('the end', () => {
  test('sends what waits, and nothing comes after it', async () => {
    const [here, there] = [await openListening(), await openListening()];
    const sessions = uuids(1_000);
    for (const sessionId of sessions) here.hints.notify(sessionId);
    const closed = here.hints.close();
    here.hints.notify(randomUUID());
    await Promise.all([closed, here.hints.close()]);
    expect(here.hints.isListening).toBe(false);
    await until(() => there.heard.length >= 1_000);
    here.hints.notify(randomUUID());
    await nextTurn();
    expect(here.heard).toEqual(sessions);
    expect(there.heard).toEqual(sessions);
    expect(here.lost).toEqual([]);
    await there.hints.close();
    await until(async () => (await connections()).length === 0);
  });

  test.each<ProxyMode>(['open', 'frozen', 'pooler'])(
    'leaves nothing that would hold up the process, whatever the database does: %s',
    async (mode) => {
      const proxy = await openProxy(mode === 'pooler' ? 'pooler' : 'open');
      const module = new URL('../../dist/data/change-notifier.js', import.meta.url).href;
      const program = `
        import { openChangeNotifier } from ${JSON.stringify(module)};
        const none = () => undefined;
        const hints = openChangeNotifier({
          url: process.env.DATABASE, notify: true, onLost: none, onBack: none, onListenerError: none,
        });
        ${mode === 'pooler' ? '' : 'await new Promise((resolve) => hints.subscribe(resolve));'}
        hints.notify('018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d');
        console.error('ready');
        await new Promise((resolve) => process.stdin.once('data', resolve));
        process.stdin.destroy();
        const begin = performance.now();
        await hints.close();
        console.log(performance.now() - begin);
      `;
      const running = run(process.execPath, ['--input-type=module', '-e', program], {
        env: { DATABASE: proxy.url },
        timeout: 90_000,
      });
      running.child.stderr?.once('data', () => {
        if (mode === 'frozen') proxy.mode = 'frozen';
        running.child.stdin?.write('close');
      });
      const { stdout } = await running;
      // Waiting for the database would take for ever. A busy machine takes its time, too.
      expect(Number(stdout)).toBeLessThan(30_000);
    },
  );
});

describe('without notifications', () => {
  test('hints stay in the process, and there is no connection', async () => {
    const here = open({ notify: false });
    const there = await openListening();
    const sessionId = randomUUID();
    here.hints.notify(sessionId);
    await heardAll(there, there);
    expect([here.heard, there.heard, here.hints.isListening]).toEqual([[sessionId], [], false]);
    expect(await connections()).toHaveLength(1);
    await here.hints.close();
  });
});

describe('the server', () => {
  test('tells other processes of what is written through it, and says that it listens', async () => {
    const app = await startTestApp();
    const ready = async () => (await fetch(`${app.origin}/ready`)).text();
    await until(async () => (await ready()) === '{"status":"ready","liveChanges":"listening"}');
    const there = await openListening({ url: app.database.url });
    const user = app.as(newUser());
    const { id } = await createSession(user);
    await until(() => there.heard.length === 1);
    await appended(user, id, fromUser('Hello'));
    await until(() => there.heard.length === 2);
    expect(there.heard).toEqual([id, id]);

    await app.database.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'chatledger hints' AND datname = current_database()`,
    );
    const lines = () => app.log.filter(({ msg }) => String(msg).includes('of other processes'));
    await until(() => lines().length === 2);
    expect(lines()).toMatchObject([{ level: 'warn', err: { code: '57P01' } }, { level: 'info' }]);
  });

  test('is ready too when it polls', async () => {
    const app = await startTestApp({ LIVE_NOTIFY: 'off' });
    const answer = await fetch(`${app.origin}/ready`);
    expect([answer.status, await answer.text()]).toEqual([200, '{"status":"ready","liveChanges":"polling"}']);
  });
});
