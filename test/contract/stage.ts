import { expect } from '@jest/globals';
import type { Client } from '../support/client.js';
import { gateTo, type Gate } from '../support/gate.js';
import { appended, createSession, Delete, fromUser, numbers, updated } from '../support/ledger.js';
import { contentsOf, readRecord, SessionRecord, type SessionChange } from '../support/session-record.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
import { createTestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

/** A session that is written to, on a server that is reached through a gate. */
export interface Stage {
  /** Through the gate. */
  readonly url: string;
  /** They say that the owner of the session asks. */
  readonly headers: Record<string, string>;
  readonly sessionId: string;
  readonly gate: Gate;
  /** Not through the gate. */
  readonly client: () => Client;
  /** Stops the server, and leads to another on the same database. */
  replaceServer(): Promise<void>;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const database = await createTestDatabase();
  const start = () => startTestApp({ DATABASE_URL: database.url });
  let app: TestApp = await start();
  const gate = await gateTo(new URL(app.url));
  const user = newUser();
  const client = () => app.as(user);
  const { id: sessionId } = await createSession(client());
  return {
    url: `http://127.0.0.1:${gate.port}/graphql`,
    headers: { 'x-user-id': user },
    sessionId,
    gate,
    client,
    async replaceServer() {
      const next = await start();
      gate.leadTo(new URL(next.url));
      await app.close();
      app = next;
    },
    async close() {
      await app.close();
      await gate.close();
      await database.drop();
    },
  };
}

/** What a follower asks for: all that it has not seen. Read anew at each time that it asks. */
export function resumingVariables({ sessionId }: Pick<Stage, 'sessionId'>, record: SessionRecord) {
  return {
    sessionId,
    get afterRevision() {
      return Math.max(record.revision, 0);
    },
  };
}

/** Applies a change. @returns whether it was the last that the session will have */
export function isLast(record: SessionRecord, change: SessionChange): boolean {
  record.apply(change);
  return change.__typename === 'ChatSessionDeleted';
}

/**
 * Has a session followed while it is written to, the connection is cut three times, and the server is replaced.
 *
 * @param follow keeps the record until the session is deleted, whatever happens to the connection
 */
export async function expectWhole(
  follow: (stage: Stage, record: SessionRecord) => Promise<void>,
): Promise<void> {
  const stage = await setStage();
  try {
    const record = new SessionRecord();
    const following = follow(stage, record);
    const isCaughtUp = async () => {
      const { revision } = await readRecord(stage.client(), stage.sessionId);
      await until(() => record.revision === revision);
    };
    await isCaughtUp();
    for (const round of numbers(40)) {
      await write(stage, round);
      if (round % 10 === 5) stage.gate.cut();
      if (round === 30) await stage.replaceServer();
      // So that there is something to cut.
      if (round % 10 === 0) await isCaughtUp();
    }
    await isCaughtUp();
    // Some libraries ask for more: the names of types.
    expect(contentsOf(record)).toMatchObject(await readRecord(stage.client(), stage.sessionId));
    expect(record.messages).toHaveLength(160);
    await stage.client().runOk(Delete, { input: { id: stage.sessionId } });
    await following;
    expect(record.deletions).toBe(1);
  } finally {
    await stage.close();
  }
}

/** Four messages, too large to arrive in one piece, and a title. */
async function write({ client, sessionId }: Stage, round: number): Promise<void> {
  const content = 'é'.repeat(20_000);
  await appended(client(), sessionId, fromUser(...numbers(4).map((n) => `${round}.${n} ${content}`)));
  await updated(client(), { id: sessionId, title: `After round ${round}` });
}
