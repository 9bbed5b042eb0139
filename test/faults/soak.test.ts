import { randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { Random } from '../support/chaos/random.js';
import { numbers } from '../support/ledger.js';
import type { LogLine } from '../support/server-process.js';
import { until } from '../support/until.js';
import { report, type Held } from './report.js';
import { setsStage, type Scene } from './stage.js';
import { visit } from './visitor.js';

const stage = setsStage();

/** Seconds of use: a few, or as many as FAULTS_SOAK_SECONDS says. 600 make a day's ordinary use. */
const seconds = Number(process.env['FAULTS_SOAK_SECONDS'] ?? 7);
/** Seconds of use before, in which what is kept for good is read and made: code, plans, statements. */
const warmUp = Math.max(3, seconds / 10);

/** Bytes by which the heap may grow at most, however many requests there are. 0.2 to 1.1 MB was measured. */
const bound = 3_000_000;
const poolSize = 10;

/** What `measured.js` writes to the log. */
interface Measured extends LogLine {
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: readonly string[];
}

async function measure({ server }: Scene): Promise<Measured> {
  const lines = () => server.log.filter((line): line is Measured => line.msg === 'measured');
  const { length } = lines();
  process.kill(server.pid, 'SIGUSR2');
  await until(() => lines().length > length);
  const line = lines().at(-1);
  if (!line) throw new Error('It was there a moment ago.');
  return line;
}

/** What the server holds while nobody uses it. */
async function look(scene: Scene): Promise<Held> {
  const { connections, descriptors } = await settled(scene);
  const { heapUsed, rss, handles } = await measure(scene);
  return {
    heap: heapUsed,
    rss,
    connections,
    descriptors,
    handles: handles.filter((kind) => kind !== 'TCPSocketWrap').length,
  };
}

/** Counts until it is the same for a moment: the last ones that went are noticed, and what they left is closed. */
async function settled(scene: Scene): Promise<Pick<Held, 'connections' | 'descriptors'>> {
  let counted = { connections: NaN, descriptors: NaN };
  let same = 0;
  await until(async () => {
    const { rowCount } = await scene.sql.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'chatledger%'`,
    );
    const connections = rowCount ?? 0;
    const descriptors = (await openDescriptors(scene)) - connections;
    same = connections === counted.connections && descriptors === counted.descriptors ? same + 1 : 0;
    counted = { connections, descriptors };
    return same === 20;
  });
  return counted;
}

/** Open files and sockets, without those of clients that are there themselves. */
async function openDescriptors({ server }: Scene): Promise<number> {
  const open = await readdir(`/proc/${server.pid}/fd`);
  const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0');
  // 01 is ESTABLISHED. One whose client has gone, and which the server has not closed, is in another state.
  const isClient = new RegExp(`^ *\\d+: \\S+:${port} \\S+ 01 `);
  const sockets = await readFile(`/proc/${server.pid}/net/tcp`, 'utf8');
  return open.length - sockets.split('\n').filter((line) => isClient.test(line)).length;
}

/** Lets six visitors come, each followed by the next, until the time is over. */
async function use({ server }: Scene, forSeconds: number): Promise<{ visits: number; acknowledged: number }> {
  const over = performance.now() + forSeconds * 1_000;
  const random = new Random(randomInt(2 ** 32));
  const done = { visits: 0, acknowledged: 0 };
  await Promise.all(
    numbers(6).map(async () => {
      while (performance.now() < over) {
        const acknowledged = await visit(server.url, random.fork());
        done.visits += 1;
        done.acknowledged += acknowledged;
      }
    }),
  );
  return done;
}

test(
  'however long it is used, it holds no more memory, handles and connections than after a moment',
  async () => {
    const scene = await stage.open({
      DATABASE_POOL_SIZE: `${poolSize}`,
      NODE_OPTIONS: `--import=${new URL('measured.js', import.meta.url).href}`,
    });
    await use(scene, warmUp);
    const before = await look(scene);
    const first = scene.logged('request');
    const { visits, acknowledged } = await use(scene, seconds);
    const requests = scene.logged('request') - first;

    const after = await look(scene);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    // Those of the pool, and the one that listens.
    expect(after.connections).toBeLessThanOrEqual(poolSize + 1);
    // Each idle connection of the pool has a timer.
    expect(after.handles).toBeLessThanOrEqual(before.handles + poolSize);
    expect(after.heap - before.heap).toBeLessThan(bound);
    await scene.survived('ordinary use, in visits (see below)', visits, undefined, {
      requests,
      acknowledged,
    });
    await report({ soak: { seconds, requests, holds: [before, after] } });
  },
  (seconds + warmUp + 120) * 1_000,
);
