import { afterAll, beforeAll, expect } from '@jest/globals';
import { report } from '../faults/report.js';
import { createClient } from './client.js';
import { appended, createSession, fromUser } from './ledger.js';
import { loadDuring, unitOfWork } from './server-load.js';
import { startServer, type ServerProcess } from './server-process.js';
import { newUser } from './test-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** A server process for the tests of a file, and its database. */
export interface AttackedServer {
  readonly process: ServerProcess;
  readonly database: TestDatabase;
  readonly survives: Awaited<ReturnType<typeof watchesAttacks>>;
}

/** Megabytes by which an attack may make a server grow. */
const mostGrown = 200;
/** Milliseconds in which others are answered, however busy the machine is with other things. */
const longestWait = 8_000;

/** Starts a server before the tests of a file, and ends it after them. */
export function startsAttackedServer(environment: Record<string, string> = {}): AttackedServer {
  let started: AttackedServer | undefined;
  const running = () => {
    if (!started) throw new Error('The server has not been started yet.');
    return started;
  };
  beforeAll(async () => {
    const database = await createTestDatabase();
    const process = await startServer({ DATABASE_URL: database.url, MIGRATE: 'off', ...environment });
    started = { process, database, survives: await watchesAttacks(process) };
  });
  afterAll(async () => {
    if (!started) return;
    started.process.kill('SIGTERM');
    expect(await started.process.exited).toEqual({ code: 0, signal: null });
    await started.database.drop();
  });
  return {
    get process() {
      return running().process;
    },
    get database() {
      return running().database;
    },
    survives: (attack, failures) => running().survives(attack, failures),
  };
}

/**
 * Makes a check that a server survives an attack: the process lives, its memory is bounded, and `/health` and a query of
 * another user are answered throughout. How long others waited, and how far the memory grew, goes into the report.
 *
 * @returns the check, which takes the attack, and codes that the other user may get; it returns what the attack does
 */
export async function watchesAttacks(server: ServerProcess) {
  // CPU time that a fixed piece of work takes here: what the main thread may do at a time is asked in proportion to it.
  const patience = 10 * unitOfWork();
  const client = createClient(server.url, { 'x-user-id': newUser() });
  const { id } = await createSession(client);
  await appended(client, id, fromUser('one', 'two'));
  const query = `{ chatSession(id: "${id}") { messages(last: 2) { nodes { content } } } }`;
  return async <Result>(attack: () => Promise<Result>, failures: readonly string[] = []): Promise<Result> => {
    const { result, ...load } = await loadDuring(server, attack, async () => {
      const { data, errors } = await client.post({ query });
      if (errors.length > 0) expect(failures).toContain(errors[0]?.extensions.code);
      else
        expect(data).toEqual({
          chatSession: { messages: { nodes: [{ content: 'one' }, { content: 'two' }] } },
        });
    });
    expect(await Promise.race([server.exited, Promise.resolve('alive')])).toBe('alive');
    expect(load.grown).toBeLessThan(mostGrown);
    expect(load.stalled).toBeLessThan(patience);
    expect(Math.max(load.health, load.query)).toBeLessThan(longestWait);
    const { currentTestName: attacked = '' } = expect.getState();
    const { grown, health, query: answered } = load;
    await report({ attack: { test: attacked, grown, health, query: answered } });
    return result;
  };
}
