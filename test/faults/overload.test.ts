import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { Append, createSession, member, numbers } from '../support/ledger.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

const maxQueued = 50;
/** Requests that come for each one that is served. */
const excess = 10;
/** Characters of a message: what comes in a few seconds is much more than the bound on memory. */
const size = 50_000;

/**
 * MB by which the process may grow at most while it is asked for too much. Those that wait hold their bodies in some
 * forms, 10 MB together; then there are the buffers of some hundred connections, and what V8 has not tidied up yet,
 * half of what is in use. 35 to 75 was measured, and 577 without a limit on those that wait.
 */
const bound = 150;

/** MB that a process has held at the same time, at most. */
async function peakMemory({ server }: Scene): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_000;
}

/** Lets each append take 40 ms in PostgreSQL, so that two connections can serve 50 in a second at most. */
async function slowDown({ sql }: Scene): Promise<void> {
  await sql.query(`
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.04); RETURN NULL; END $$;
    CREATE TRIGGER slow AFTER INSERT ON "ChatMessage" EXECUTE FUNCTION slow()`);
}

/** Appends of which each that is served brings ten others, so that there are ten times as many as can be served. */
class Flood {
  /** Where they are, by their ids. */
  readonly acknowledged = new Map<string, { sessionId: string; sequence: number }>();
  readonly refused = new Set<string>();
  readonly #sent: Promise<void>[] = [];

  constructor(
    private readonly scene: Scene,
    private readonly sessionIds: readonly string[],
    /** How many are served before no others come. */
    private readonly enough: number,
  ) {
    this.#send(excess * maxQueued);
  }

  /** Resolves when all have been answered. @throws when an answer is neither success nor the refusal that it should be */
  async end(): Promise<void> {
    // Some come while others are waited for.
    for (const sent of this.#sent) await sent;
  }

  #send(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const sent = this.#append(this.sessionIds[n % this.sessionIds.length] ?? '');
      sent.catch(() => undefined);
      this.#sent.push(sent);
    }
  }

  async #append(sessionId: string): Promise<void> {
    const id = randomUUID();
    const message = { id, role: 'USER', content: `${id} ${'x'.repeat(size)}` } as const;
    const answer = await this.scene.server.as('alice').run(Append, { input: { sessionId, message } });
    if (answer.data) {
      const { chatMessage } = member(answer.data.appendChatMessage, 'AppendChatMessageSuccess');
      this.acknowledged.set(id, { sessionId, sequence: chatMessage.sequence });
      if (this.acknowledged.size < this.enough) this.#send(excess);
      return;
    }
    const { status, headers, errors } = answer;
    expect({ status, codes: codesOf(errors, headers.get('x-request-id')) }).toEqual({
      status: 503,
      codes: ['SERVICE_UNAVAILABLE'],
    });
    expect(headers.get('retry-after')).toBe('1');
    this.refused.add(id);
  }
}

test('ten times what it can serve: no room is said at once, the others are served, and then all is as usual', async () => {
  const scene = await stage.open({
    MAX_QUEUED: `${maxQueued}`,
    DATABASE_POOL_SIZE: '2',
    // Those who are served have all the time that a busy machine needs: only the queue refuses here.
    DATABASE_TIMEOUT_MILLISECONDS: '120000',
    REQUEST_TIMEOUT_MILLISECONDS: '240000',
    ARRIVAL_TIMEOUT_MILLISECONDS: '120000',
  });
  await slowDown(scene);
  const before = await scene.traffic();
  await before.acknowledges(20);
  await before.end();
  const usualMemory = await peakMemory(scene);

  // More than connections: appends to one session go one behind the other.
  const sessions = await Promise.all(numbers(10).map(() => createSession(scene.server.as('alice'))));
  const sessionIds = sessions.map(({ id }) => id);
  const enough = rounds(150);
  const flood = new Flood(scene, sessionIds, enough);
  await until(() => flood.acknowledged.size > enough / 2, rounds(90_000));
  expect((await fetch(new URL('/health', scene.server.url))).status).toBe(200);
  await flood.end();
  const { acknowledged, refused } = flood;
  expect(refused.size).toBeGreaterThan(acknowledged.size);
  expect((await peakMemory(scene)) - usualMemory).toBeLessThan(bound);

  // Who was refused has left nothing behind, and who was not refused is there.
  const { rows } = await scene.sql.query<{ id: string; sessionId: string; sequence: number }>(
    'SELECT id, "sessionId", sequence FROM "ChatMessage" WHERE "sessionId" = ANY($1)',
    [sessionIds],
  );
  expect(new Map(rows.map(({ id, ...place }) => [id, place]))).toEqual(acknowledged);

  const after = await scene.traffic();
  await after.acknowledges(20);
  expect(after.codes).toEqual({});
  await scene.survived('ten times the load that can be served, then the usual one', 1, after, {
    refused: refused.size,
    acknowledged: acknowledged.size,
  });
});
