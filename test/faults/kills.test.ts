import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { until } from '../support/until.js';
import { startBalancer, type Balancer } from './balancer.js';
import { rounds } from './report.js';
import { setsStage } from './stage.js';

const stage = setsStage();

test('the server is killed every few seconds under 8 writers and 8 watchers', async () => {
  const scene = await stage.open();
  const traffic = await scene.traffic({ writers: 8, watchers: 8, loses: true });
  const times = rounds(3);
  for (let round = 1; round <= times; round += 1) {
    await traffic.during(sleep(randomInt(2_000, 4_000)));
    await scene.restart('SIGKILL');
  }
  await scene.survived(
    'server killed (SIGKILL) every 2 to 4 s under 8 writers and 8 watchers',
    times,
    traffic,
  );
});

let balancer: Balancer | undefined;
afterEach(() => balancer?.close());

test('two servers behind a proxy are replaced in turn under 8 writers and 8 watchers', async () => {
  const first = await stage.open();
  const second = await stage.open({}, first.url);
  const servers = [first, second];
  const front = (balancer = await startBalancer(servers.map(({ server }) => server.url)));
  const isReady = (server: string) => until(() => front.isReady(server));
  for (const { server } of servers) await isReady(server.url);
  const traffic = await first.traffic({ url: front.url, writers: 8, watchers: 8, loses: true });
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    for (const scene of servers) {
      await traffic.acknowledges(100);
      await scene.restart('SIGTERM');
      await traffic.during(isReady(scene.server.url));
    }
  }
  expect(await second.probes()).toEqual({ health: 200, ready: 200 });
  await first.survived('server behind a proxy replaced (SIGTERM), two in turn', 2 * times, traffic);
});
