import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type pg from 'pg';
import { createClient, type Received } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { Append, createSession, member, numbers } from '../support/ledger.js';
import { until } from '../support/until.js';

/** Milliseconds in which every request must be answered, whatever the database does. */
const bound = 20_000;

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
 * a code that says that it may be tried again. Writes are, with the same id, until they are acknowledged.
 */
export class Traffic {
  readonly acknowledged = new Map<string, Stored>();
  /** Answers with errors, by code. */
  readonly codes: Record<string, number> = {};
  requests = 0;
  /** Milliseconds that an answer took at most. */
  slowest = 0;
  readonly #sent = new Set<string>();
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly url: string,
    private readonly userId: string,
    private readonly sessionIds: readonly string[],
  ) {}

  /** Begins. There are three sessions to write to and to read from. */
  static async begin(url: string, { writers = 4, readers = 2 } = {}): Promise<Traffic> {
    const userId = `user-${randomUUID()}`;
    const client = createClient(url, { 'x-user-id': userId });
    const sessions = await Promise.all(numbers(3).map(() => createSession(client)));
    const traffic = new Traffic(
      url,
      userId,
      sessions.map(({ id }) => id),
    );
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

  /** Waits for something that the traffic brings about. @throws when it comes to an end before, or in vain */
  async during(waiting: Promise<void>): Promise<void> {
    await Promise.race([waiting, this.#running.then(() => waiting)]);
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

  async #write(): Promise<void> {
    for (let n = 0; !this.#stop.signal.aborted; n += 1) {
      const sessionId = this.sessionIds[n % this.sessionIds.length] ?? '';
      const message = { id: randomUUID(), role: 'USER', content: `message ${randomUUID()}` } as const;
      this.#sent.add(message.id);
      for (;;) {
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
      send(client),
      sleep(bound, undefined, { ref: false }).then(() => {
        throw new Error(`A request was not answered within ${bound} ms.`);
      }),
    ]);
    this.slowest = Math.max(this.slowest, performance.now() - begun);
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
}
