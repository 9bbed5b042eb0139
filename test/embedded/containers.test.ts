import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { makeStage, query, type Stage, until } from './stage.js';

/** What makes two processes strangers, as containers that share a folder are: no common pids, no shared memory. */
const apart = ['--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];
const isPossible = spawnSync('unshare', [...apart, 'true']).status === 0;
const inContainers = isPossible ? test : test.skip;
const named = (name: string) => (isPossible ? name : `${name} (left out: unshare is not permitted here)`);

/** How often each is done: CONTAINER_ROUNDS=20 for many. */
const rounds = Number(process.env['CONTAINER_ROUNDS'] ?? 2);
const holder = fileURLToPath(new URL('./holder.mjs', import.meta.url));

interface Container {
  readonly events: readonly Record<string, string>[];
  /** Waits until the database is open. */
  url(): Promise<string>;
  says(text: string): Promise<unknown>;
  close(): Promise<void>;
  /** Ends all of its processes at once. */
  kill(): Promise<void>;
}

describe('two containers on one data folder', () => {
  let stage: Stage;
  let running: ChildProcess[] = [];
  beforeAll(async () => {
    stage = await makeStage();
  });
  afterEach(async () => {
    for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
    running = [];
    await stage.clear();
  });
  afterAll(async () => {
    await stage.end();
  });

  function container(): Container {
    const { dataDir, systemDir } = stage;
    const command = [...apart, process.execPath, holder, JSON.stringify({ dataDir, systemDir })];
    const child = spawn('unshare', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    running.push(child);
    const exited = once(child, 'exit');
    const events: Record<string, string>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      events.push(JSON.parse(line) as Record<string, string>);
    });
    return {
      events,
      url: () =>
        until(() => {
          const failed = events.find((event) => 'trouble' in event);
          if (failed) throw new Error(failed['message']);
          return events.find((event) => 'url' in event)?.['url'];
        }),
      says: (text) => until(() => events.some((event) => JSON.stringify(event).includes(text))),
      close: async () => {
        child.stdin.end('close\n');
        await exited;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }

  const postmasterFile = () => readFile(`${stage.dataDir}/database/data/postmaster.pid`, 'utf8');
  const count = async (url: string) => (await query(url, 'SELECT count(*)::int AS n FROM kept'))[0]?.['n'];

  inContainers(named('the second waits, says for whom, and takes over when the first leaves'), async () => {
    let written = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const first = container();
      const url = await first.url();
      await query(url, 'CREATE TABLE IF NOT EXISTS kept (n int)');
      const owned = await postmasterFile();
      const second = container();
      await second.says('Waiting for another container');
      for (let n = 0; n < 20; n += 1) await query(url, `INSERT INTO kept VALUES (${n})`);
      written += 20;
      expect(await postmasterFile()).toBe(owned);
      await first.close();
      expect(await count(await second.url())).toBe(written);
      await second.close();
    }
  });

  inContainers(named('the second takes over when the first is killed, with all acknowledged'), async () => {
    const first = container();
    await query(await first.url(), 'DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)');
    let current = first;
    for (let round = 1; round <= rounds; round += 1) {
      const next = container();
      await next.says('Waiting for another container');
      const url = await current.url();
      for (let n = 0; n < 20; n += 1) await query(url, `INSERT INTO kept VALUES (${n})`);
      await current.kill();
      expect(await count(await next.url())).toBe(20 * round);
      current = next;
    }
    await current.close();
  });

  inContainers(named('when two start at once, one server runs, and the other waits'), async () => {
    for (let round = 1; round <= rounds; round += 1) {
      const both = [container(), container()];
      const opening = async (one: Container) => ({ one, url: await one.url() });
      const { one: first } = await Promise.race(both.map(opening));
      const second = both.find((one) => one !== first);
      await second?.says('Waiting for another container');
      expect(await query(await first.url(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await first.close();
      expect(await query((await second?.url()) ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await second?.close();
    }
  });
});
