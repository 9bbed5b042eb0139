import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type pg from 'pg';
import { Random } from '../support/chaos/random.js';
import { SessionWatcher } from '../support/chaos/watchers.js';
import { createClient, type Received } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { Append, createSession, member, numbers } from '../support/ledger.js';
import { contentsOf, readRecord } from '../support/session-record.js';
import { until } from '../support/until.js';

export interface TrafficOptions {
  /** Default: 4. */
  readonly writers?: number;
  /** Default: 2. */
  readonly readers?: number;
  /** Clients that follow a session each, from its beginning, and resume where they are when a stream ends. Default: 0. */
  readonly watchers?: number;
  /** Whether the server itself may go, so that connections break and are refused. Default: false. */
  readonly loses?: boolean;
}

/** The count of requests that no answer came to, among those of the codes. */
const noAnswer = 'no answer';

/**
 * Milliseconds in which every request must be answered, whatever the database does: REQUEST_TIMEOUT_MILLISECONDS, what a
 * statement may take after that, and as much again for a machine that is busy with something else.
 */
const bound = 80_000;

/** Milliseconds from an answer that says to try again to the next try. Real clients wait longer: see Retry-After. */
const pause = 20;

interface Stored {
  readonly sessionId: string;
  readonly sequence: number;
  readonly content: string;
}

/** Two reads that go together, and a third behind them. */
const query = `query ($id: ID!) {
  chatSession(id: $id) { title messages(last: 5) { pageInfo { hasPreviousPage } nodes { content } } }
  chatSessions(first: 5) { totalCount nodes { id } }
}`;

/**
 * Requests that go on whatever happens, and what came of them. Every one must be answered in time, with data or with
 * a code that says that it may be tried again. Writes are, with the same id, until they are acknowledged. Where the
 * server itself may go, a connection that breaks or is refused is as good as such a code.
 */
export class Traffic {
  readonly acknowledged = new Map<string, Stored>();
  /** Answers with errors, by code; and how often there was none. */
  readonly codes: Record<string, number> = {};
  requests = 0;
  /** Milliseconds that an answer took at most. */
  slowest = 0;
  readonly #sent = new Set<string>();
  readonly #stop = new AbortController();
  readonly #over = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #watchers: readonly SessionWatcher[] = [];
  #watching: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly url: string,
    private readonly userId: string,
    private readonly sessionIds: readonly string[],
    private readonly loses: boolean,
  ) {}

  /** Begins. There are three sessions to write to and to read from. */
  static async begin(
    url: string,
    { writers = 4, readers = 2, watchers = 0, loses = false }: TrafficOptions = {},
  ): Promise<Traffic> {
    const userId = `user-${randomUUID()}`;
    const client = createClient(url, { 'x-user-id': userId });
    const sessions = await Promise.all(numbers(3).map(() => createSession(client)));
    const traffic = new Traffic(
      url,
      userId,
      sessions.map(({ id }) => id),
      loses,
    );
    traffic.#watch(watchers);
    traffic.#running = Promise.all([
      ...numbers(writers).map(() => traffic.#write()),
      ...numbers(readers).map(() => traffic.#read()),
    ]);
    // Whoever waits for its end is told; until then it is no unhandled rejection.
    traffic.#running.catch(() => undefined);
    return traffic;
  }

  /** Answers that had an error. */
  get failed(): number {
    return Object.values(this.codes).reduce((sum, count) => sum + count, 0);
  }

  /** Ends once all that was begun has been acknowledged. @throws what went wrong for one of them */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Leaves everything as it is, when a test has come to its end in whatever way. */
  async giveUp(): Promise<void> {
    this.#stop.abort();
    this.#over.abort();
    await Promise.allSettled([this.#running, this.#watching]);
  }

  /** Waits for something that the traffic brings about. @throws when it comes to an end before, or in vain */
  async during(waiting: Promise<void>): Promise<void> {
    await Promise.race([waiting, this.#running.then(() => waiting), this.#watching.then(() => waiting)]);
  }

  /** Waits until so many more writes are acknowledged. */
  acknowledges(more: number): Promise<void> {
    const { size } = this.acknowledged;
    return this.during(until(() => this.acknowledged.size >= size + more));
  }

  /** Waits until so many more answers have had errors. */
  refuses(more: number): Promise<void> {
    const { failed } = this;
    return this.during(until(() => this.failed >= failed + more));
  }

  /** What was acknowledged is there as it was acknowledged, and what is there was sent by somebody. */
  async expectStored(sql: pg.Pool): Promise<void> {
    const { rows } = await sql.query<Stored & { readonly id: string }>(
      `SELECT id, "sessionId", sequence, content FROM "ChatMessage" WHERE "sessionId" = ANY($1)`,
      [this.sessionIds],
    );
    const stored = new Map(rows.map(({ id, ...message }) => [id, message]));
    expect([...this.acknowledged].filter(([id]) => !stored.has(id))).toEqual([]);
    for (const [id, message] of this.acknowledged) expect(stored.get(id)).toEqual(message);
    expect([...stored.keys()].filter((id) => !this.#sent.has(id))).toEqual([]);
  }

  /** Once nobody writes any more: each watcher gets to hold what the ledger holds, and then goes. */
  async expectWatched(): Promise<void> {
    const client = createClient(this.url, { 'x-user-id': this.userId });
    for (const { sessionId, record } of this.#watchers) {
      const stored = await readRecord(client, sessionId);
      // What is compared below says what was waited for in vain.
      await this.during(until(() => record.revision >= stored.revision).catch(() => undefined));
      expect(contentsOf(record)).toEqual(stored);
    }
    this.#over.abort();
    await this.#watching;
  }

  #watch(count: number): void {
    const options = { userId: this.userId, urls: [this.url], delay: 0 };
    this.#watchers = numbers(count).map((n) => {
      const sessionId = this.sessionIds[n % this.sessionIds.length] ?? '';
      return new SessionWatcher(sessionId, { ...options, random: new Random(randomInt(2 ** 32)) });
    });
    // None leaves of its own accord: only the fault ends their streams.
    const signals = { calm: AbortSignal.abort(), end: this.#over.signal };
    this.#watching = Promise.all(this.#watchers.map((watcher) => watcher.run(signals)));
    this.#watching.catch(() => undefined);
  }

  async #write(): Promise<void> {
    for (let n = 0; !this.#stop.signal.aborted; n += 1) {
      const sessionId = this.sessionIds[n % this.sessionIds.length] ?? '';
      const message = { id: randomUUID(), role: 'USER', content: `message ${randomUUID()}` } as const;
      this.#sent.add(message.id);
      while (!this.#over.signal.aborted) {
        const answer = await this.#ask((client) => client.run(Append, { input: { sessionId, message } }));
        if (!answer) continue;
        const { chatMessage } = member(answer.appendChatMessage, 'AppendChatMessageSuccess');
        const { sequence } = chatMessage;
        this.acknowledged.set(message.id, { sessionId, sequence, content: message.content });
        break;
      }
    }
  }

  async #read(): Promise<void> {
    for (let n = 0; !this.#stop.signal.aborted; n += 1) {
      const id = this.sessionIds[n % this.sessionIds.length];
      await this.#ask((client) => client.post({ query, variables: { id } }));
    }
  }

  /** The data of an answer; undefined when it was one that says to try again. @throws for anything else */
  async #ask<Data>(
    send: (client: ReturnType<typeof createClient>) => Promise<Received<Data>>,
  ): Promise<Data | undefined> {
    const begun = performance.now();
    this.requests += 1;
    const client = createClient(this.url, { 'x-user-id': this.userId });
    const answer = await Promise.race([
      send(client).catch((error: unknown) => this.#lost(error)),
      sleep(bound, undefined, { ref: false }).then(() => {
        throw new Error(`A request was not answered within ${bound} ms.`);
      }),
    ]);
    this.slowest = Math.max(this.slowest, performance.now() - begun);
    if (!answer) {
      this.codes[noAnswer] = (this.codes[noAnswer] ?? 0) + 1;
      await sleep(pause);
      return undefined;
    }
    const { status, headers, data, errors } = answer;
    if (errors.length === 0 && data != null) return data;
    expect([200, 503]).toContain(status);
    const codes = codesOf(errors, headers.get('x-request-id'));
    for (const code of new Set(codes)) this.codes[code] = (this.codes[code] ?? 0) + 1;
    expect(['SERVICE_UNAVAILABLE', 'TIMEOUT']).toEqual(expect.arrayContaining(codes));
    if (codes.includes('SERVICE_UNAVAILABLE')) expect(headers.get('retry-after')).toBe('1');
    await sleep(pause);
    return undefined;
  }

  /** @throws what was no loss of a connection, or where none is to be lost */
  #lost(error: unknown): null {
    // That is what fetch throws when there is no answer, or only the beginning of one. It is of another realm than ours.
    if (!this.loses || (error as Error).name !== 'TypeError') throw error;
    return null;
  }
}
