import { setTimeout as sleep } from 'node:timers/promises';
import { createSession, numbers } from '../ledger.js';
import { newUser } from '../test-app.js';
import { createPersistentClient, type PersistentClient } from './persistent-client.js';
import type { Random } from './random.js';
import { killInTurn, type RestartingServer } from './servers.js';
import { ListWatcher, SessionWatcher } from './watchers.js';
import { Writer } from './writer.js';

const writerCount = 8;
const watcherCount = 20;
const listWatchersPerUser = 2;
const sessionsOfUsers = [3, 2];

export interface ChaosUser {
  readonly client: PersistentClient;
  readonly sessionIds: readonly string[];
  readonly writers: readonly Writer[];
  readonly lists: readonly ListWatcher[];
}

export interface Chaos {
  readonly users: readonly ChaosUser[];
  readonly watchers: readonly SessionWatcher[];
  /** Resolves when the writers have written all, and all servers are up. Gives how many processes were killed. */
  readonly over: Promise<number>;
  /** What is given, or what went wrong for a watcher meanwhile. */
  during<Result>(promise: Promise<Result>): Promise<Result>;
  /** Sends everybody home. @returns how many streams the watchers took @throws what went wrong for one of them */
  end(): Promise<number>;
}

/** Lets writers write for some seconds, while watchers come and go and servers die: four times at least. */
export async function startChaos(
  servers: readonly RestartingServer[],
  random: Random,
  seconds: number,
): Promise<Chaos> {
  const urls = servers.map(({ url }) => url);
  const newWatcher = (userId: string) => ({
    userId,
    urls,
    delay: random.chance(0.2) ? random.between(5, 60) : 0,
    random: random.fork(),
  });
  const users = await Promise.all(
    sessionsOfUsers.map(async (sessionCount) => {
      const userId = newUser();
      const client = createPersistentClient(urls, userId, random.fork());
      const sessions = await Promise.all(numbers(sessionCount).map(() => createSession(client)));
      const sessionIds = sessions.map(({ id }) => id);
      const writers = numbers(writerCount / sessionsOfUsers.length).map(
        () => new Writer(client, sessionIds, random.fork()),
      );
      const lists = numbers(listWatchersPerUser).map(() => new ListWatcher(client, newWatcher(userId)));
      return { userId, client, sessionIds, writers, lists };
    }),
  );
  const sessions = users.flatMap(({ sessionIds, userId }) => sessionIds.map((id) => ({ id, userId })));
  const watchers = numbers(watcherCount).map((n) => {
    const { id, userId } = sessions[n % sessions.length] ?? random.pick(sessions);
    return new SessionWatcher(id, newWatcher(userId));
  });

  const [calm, end] = [new AbortController(), new AbortController()];
  const signals = { calm: calm.signal, end: end.signal };
  const watch = async (watcher: SessionWatcher | ListWatcher) => {
    const lateness = random.chance(0.3) ? random.between(0, seconds * 700) : 0;
    await sleep(lateness, undefined, { signal: calm.signal }).catch(() => undefined);
    return watcher.run(signals);
  };
  const watching = Promise.all([...watchers, ...users.flatMap(({ lists }) => lists)].map(watch));
  const writing = Promise.all(
    users.flatMap(({ writers }) => writers.map((writer) => writer.run(calm.signal))),
  );
  const killing = killInTurn(servers, random.fork(), { seconds, fewest: 4, signal: calm.signal }).finally(
    () => {
      calm.abort();
    },
  );
  const writeLast = async () => {
    const [kills] = await Promise.all([killing, writing]);
    // Nothing comes after this that could tell of it as well.
    await Promise.all(
      users.map(async ({ writers: [writer] }) => {
        await writer?.appendToAll();
      }),
    );
    return kills;
  };
  const over = writeLast();

  const during = <Result>(promise: Promise<Result>): Promise<Result> =>
    Promise.race([promise, watching.then(() => promise)]);
  return {
    users,
    watchers,
    over: during(over),
    during,
    async end() {
      calm.abort();
      end.abort();
      await Promise.allSettled([over, killing, writing]);
      const streams = await watching;
      return streams.reduce((sum, count) => sum + count, 0);
    },
  };
}
