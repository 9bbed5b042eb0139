import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { appended, Delete, fromUser, member, numbers, readSession } from '../support/ledger.js';
import { extend, openAnswer, start } from '../support/streaming.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const app = useTestApp();

const answer = (content?: string) => openAnswer(app.as(newUser()), content === undefined ? {} : { content });

describe('at once', () => {
  test('of 16 different pieces for the same place one lands, and the others learn the right offset', async () => {
    const { client, sessionId, extend, read } = await answer('abc');
    const deltas = numbers(16).map((n) => String.fromCodePoint(65 + n).repeat(5));
    const results = await Promise.all(deltas.map((delta) => extend(3, delta)));
    const landed = results.flatMap((result, n) =>
      result.__typename === 'ExtendChatMessageSuccess' ? [{ result, delta: deltas[n] }] : [],
    );
    expect(landed).toHaveLength(1);
    expect(landed[0]?.result).toMatchObject({ length: 8, revision: 2, replayed: false });
    expect(results.filter((result) => 'right' in result)).toEqual(
      Array<unknown>(15).fill(
        expect.objectContaining({ __typename: 'OffsetConflictError', right: 8, code: 'CONFLICT' }),
      ),
    );
    expect(await read()).toMatchObject({ content: `abc${landed[0]?.delta ?? ''}`, revision: 2 });
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 2 });
  });

  test('of 16 equal pieces for the same place one lands, and the others are retries of it', async () => {
    const { extend, read } = await answer('abc');
    const results = await Promise.all(numbers(16).map(() => extend(3, 'def')));
    const successes = results.map((result) => member(result, 'ExtendChatMessageSuccess'));
    expect(successes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(successes.map(({ length, revision }) => `${length} ${revision}`))).toEqual(
      new Set(['6 2']),
    );
    expect(await read()).toMatchObject({ content: 'abcdef', revision: 2 });
  });

  test('of 12 equal starts one starts the message', async () => {
    const { client, sessionId } = await answer();
    const input = { sessionId, id: randomUUID(), content: 'a' };
    const results = await Promise.all(numbers(12).map(() => start(client, input)));
    const successes = results.map((result) => member(result, 'StartChatMessageSuccess'));
    expect(successes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(successes.map(({ chatMessage }) => JSON.stringify(chatMessage))).size).toBe(1);
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 2, messageCount: 2 });
  });

  test('of 12 equal finishes one finishes the message and adds its usage', async () => {
    const { client, sessionId, finish } = await answer('abc');
    const end = { usage: { promptTokens: 3, completionTokens: 4 } };
    const results = await Promise.all(numbers(12).map(() => finish(end)));
    const successes = results.map((result) => member(result, 'FinishChatMessageSuccess'));
    expect(successes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await readSession(client, sessionId)).toMatchObject({
      revision: 3,
      totalPromptTokens: 3,
      totalCompletionTokens: 4,
    });
  });

  test('answers and appends in one session give each change a revision of its own', async () => {
    const first = await answer();
    const { client, sessionId } = first;
    const others = await Promise.all(
      numbers(3).map(async () => {
        const { chatMessage } = member(await start(client, { sessionId }), 'StartChatMessageSuccess');
        return chatMessage.id;
      }),
    );
    const extendOther = async (id: string) => {
      const revisions: number[] = [];
      for (const n of numbers(10)) {
        const result = await extend(client, { sessionId, messageId: id, offset: n, delta: 'x' });
        revisions.push(member(result, 'ExtendChatMessageSuccess').revision);
      }
      return revisions;
    };
    const revisions = await Promise.all([
      ...[first.id, ...others].map(extendOther),
      ...numbers(10).map(async (n) =>
        (await appended(client, sessionId, fromUser(`message ${n}`))).map(({ revision }) => revision),
      ),
    ]);
    expect(revisions.flat().sort((a, b) => a - b)).toEqual(numbers(50).map((n) => n + 5));
    expect(await readSession(client, sessionId)).toMatchObject({ revision: 54 });
  });
});

describe('a finish in the midst of the pieces', () => {
  test('loses no piece that was acknowledged, and lets none in after it, in 150 rounds', async () => {
    let cutShort = 0;
    const round = async (n: number) => {
      const { extend, finish, read } = await answer();
      const acknowledged: string[] = [];
      const write = async () => {
        let length = 0;
        for (const piece of numbers(12)) {
          const result = await extend(length, `[${piece} 😀]`);
          if (result.__typename !== 'ExtendChatMessageSuccess') {
            expect(result).toMatchObject({ __typename: 'MessageNotInProgressError', status: 'CANCELLED' });
            cutShort++;
            return;
          }
          acknowledged.push(`[${piece} 😀]`);
          length = result.length;
        }
      };
      const cancel = async () => {
        await until(() => acknowledged.length > n % 8);
        return finish({ status: 'CANCELLED' });
      };
      const [, end] = await Promise.all([write(), cancel()]);
      const { chatMessage } = member(end, 'FinishChatMessageSuccess');
      expect(chatMessage.content).toBe(acknowledged.join(''));
      expect(await read()).toEqual(chatMessage);
    };
    for (const batch of numbers(15)) await Promise.all(numbers(10).map((n) => round(batch * 10 + n)));
    expect(cutShort).toBeGreaterThan(10);
  });

  test('loses no piece whichever of many writers it meets, in 40 rounds', async () => {
    for (const n of numbers(40)) {
      const { extend, finish } = await answer();
      const delta = `round ${n}`;
      const [end, ...results] = await Promise.all([
        finish({ status: 'FAILED' }),
        ...numbers(6).map((writer) => extend(0, `${delta}, writer ${writer}`)),
      ]);
      const { content } = member(end, 'FinishChatMessageSuccess').chatMessage;
      const landed = results.flatMap((result, writer) =>
        result.__typename === 'ExtendChatMessageSuccess' ? [`${delta}, writer ${writer}`] : [],
      );
      expect(landed).toEqual(content === null ? [] : [content]);
    }
  });
});

describe('behind a lock on the session', () => {
  /** Sends a request, and commits a change of the same session when the request waits for it. */
  async function overtaken<Result>(
    sessionId: string,
    change: (sql: pg.PoolClient) => Promise<unknown>,
    request: () => Promise<Result>,
  ): Promise<Result> {
    const sql = await app.database.sql.connect();
    try {
      await sql.query('BEGIN');
      await sql.query('SELECT FROM "ChatSession" WHERE id = $1 FOR UPDATE', [sessionId]);
      await change(sql);
      const result = request();
      await until(async () => {
        const { rowCount } = await app.database.sql.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rowCount === 1;
      });
      await sql.query('COMMIT');
      return await result;
    } finally {
      sql.release();
    }
  }

  /** A piece behind `abc`, as another process writes it. */
  const grow = (id: string, delta: string) => async (sql: pg.PoolClient) => {
    await sql.query(
      `UPDATE "ChatMessageStream" SET length = length + length($2), bytes = bytes + length($2), revision = 2
       WHERE "messageId" = $1`,
      [id, delta],
    );
    await sql.query(
      `INSERT INTO "ChatMessageChunk" ("sessionId", "messageId", revision, "offset", delta)
       SELECT "sessionId", id, 2, 3, $2 FROM "ChatMessage" WHERE id = $1`,
      [id, delta],
    );
    await sql.query(
      `UPDATE "ChatSession" SET revision = 2 WHERE id = (SELECT "sessionId" FROM "ChatMessage" WHERE id = $1)`,
      [id],
    );
  };

  test('a finish keeps the piece that came in while it waited', async () => {
    const { sessionId, id, finish } = await answer('abc');
    const { statements, result } = await app.countingStatements(() =>
      overtaken(sessionId, grow(id, 'def'), () => finish()),
    );
    expect(result).toMatchObject({ replayed: false, chatMessage: { content: 'abcdef', revision: 3 } });
    // It saw that it could not see all, and did it again.
    expect(statements).toEqual(['finish_message', 'message_of_session', 'finish_message']);
  });

  test('a finish that brings the content need not see the pieces', async () => {
    const { sessionId, id, finish } = await answer('abc');
    const { statements, result } = await app.countingStatements(() =>
      overtaken(sessionId, grow(id, 'def'), () => finish({ content: 'all' })),
    );
    expect(result).toMatchObject({ chatMessage: { content: 'all', revision: 3 } });
    expect(statements).toEqual(['finish_message']);
  });

  test('a piece whose place was taken while it waited learns the new length', async () => {
    const { sessionId, id, extend, read } = await answer('abc');
    expect(await overtaken(sessionId, grow(id, 'def'), () => extend(3, 'x'))).toMatchObject({ right: 6 });
    expect(await read()).toMatchObject({ content: 'abcdef', revision: 2 });
  });

  test('a piece that was taken in while it waited is a retry', async () => {
    const { sessionId, id, extend } = await answer('abc');
    expect(await overtaken(sessionId, grow(id, 'def'), () => extend(3, 'def'))).toMatchObject({
      replayed: true,
      length: 6,
      revision: 2,
    });
  });

  test('neither a piece nor a finish finds a session that was deleted', async () => {
    const remove = (id: string) => (sql: pg.PoolClient) =>
      sql.query('DELETE FROM "ChatSession" WHERE id = $1', [id]);
    const [first, second] = [await answer('abc'), await answer('abc')];
    expect([
      await overtaken(first.sessionId, remove(first.sessionId), () => first.extend(3, 'd')),
      await overtaken(second.sessionId, remove(second.sessionId), () => second.finish()),
    ]).toMatchObject([{ __typename: 'NotFoundError' }, { __typename: 'NotFoundError' }]);
  });
});

test('a deletion of the session in the midst of the pieces leaves nothing', async () => {
  for (const n of numbers(20)) {
    const { client, sessionId, id, extend } = await answer('a');
    const results = await Promise.all([
      client.runOk(Delete, { input: { id: sessionId } }),
      extend(1, `b${n}`),
      extend(1, ''),
    ]);
    expect(results[0].deleteChatSession.__typename).toBe('DeleteChatSessionSuccess');
    const { rows } = await app.database.sql.query(
      `SELECT "messageId" FROM "ChatMessageStream" WHERE "messageId" = $1
       UNION ALL SELECT "messageId" FROM "ChatMessageChunk" WHERE "messageId" = $1`,
      [id],
    );
    expect(rows).toEqual([]);
  }
});
