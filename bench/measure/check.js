import { deepStrictEqual } from 'node:assert/strict';
import { send } from '../contenders/send.js';
import { restoreData } from '../data/load.js';
import { shape, userId } from '../data/shape.js';
import { operations, parametersOf } from '../operations.js';

/** Requests of each operation that all contenders must answer alike. */
const samples = 10;

/**
 * Sends the same requests to all contenders.
 *
 * - Queries must have equal answers.
 * - Appends must answer with what they were given, and store it; those with hashes the same ones.
 * - For a user who does not own the session it must not be there, neither to read nor to append to.
 *
 * @param running contenders with their ports
 * @throws an AssertionError that shows the difference
 */
export async function checkSameData(client, running, names) {
  for (const operation of names) {
    const sampled = parametersOf(operation, samples);
    const check = operations[operation].appends ? checkAppends : checkAnswers;
    await check(client, running, operation, sampled);
  }
  await restoreData(client);
  for (const { contender, port } of running) await checkOwnership(client, contender, port);
}

async function checkOwnership(client, contender, port) {
  const [asked] = parametersOf('Q1', 1);
  const [appended] = parametersOf('M1', 1);
  const stranger = { userId: userId(shape.users) };
  deepStrictEqual(await send(contender, port, 'Q1', { ...asked, ...stranger }), null, contender.title);
  // How it refuses is its own affair.
  await send(contender, port, 'M1', { ...appended, ...stranger }).catch(() => undefined);
  const { rows } = await client.query('SELECT max("messageCount") AS longest FROM "ChatSession"');
  deepStrictEqual(rows[0].longest, shape.messagesOfSession, `${contender.title} let a stranger append.`);
}

async function checkAnswers(_, running, operation, sampled) {
  for (const parameters of sampled) {
    const [first, ...others] = await Promise.all(
      running.map(async ({ contender, port }) => ({
        title: contender.title,
        answer: await send(contender, port, operation, parameters),
      })),
    );
    checkSize(operation, first.answer);
    for (const other of others)
      deepStrictEqual(other.answer, first.answer, `${operation}: ${other.title} differs from ${first.title}`);
  }
}

/** That all are equally wrong is not enough. */
function checkSize(operation, answer) {
  const { sessionsOfUser, messagesOfSession } = shape;
  if (operation === 'T') deepStrictEqual(answer, 'Query');
  if (operation === 'Q1') deepStrictEqual(answer.messages.length, messagesOfSession);
  if (operation === 'Q2')
    deepStrictEqual(
      answer.map(({ messages }) => messages.length),
      Array(20).fill(20),
    );
  if (operation === 'Q3') deepStrictEqual(answer, [sessionsOfUser, messagesOfSession]);
}

async function checkAppends(client, running, operation, sampled) {
  const hashes = new Map();
  for (const { contender, port } of running) {
    await restoreData(client);
    for (const parameters of sampled) {
      const answered = await send(contender, port, operation, parameters);
      const { sessionId, messages = [parameters.message] } = parameters;
      deepStrictEqual(
        answered.map(given),
        messages.map(given),
        `${contender.title}: the answer to ${operation}`,
      );
      const { rows } = await client.query(
        `SELECT role, content, "toolCallId", "toolCalls", sequence, s."nextSequence", s."messageCount",
           encode("bodyHash", 'hex') AS hash
         FROM "ChatMessage" m JOIN "ChatSession" s ON s.id = m."sessionId"
         WHERE s.id = $1 ORDER BY sequence DESC LIMIT $2`,
        [sessionId, messages.length],
      );
      rows.reverse();
      deepStrictEqual(rows.map(given), messages.map(given), `${contender.title}: what ${operation} stored`);
      deepStrictEqual(
        rows.map(({ sequence }) => sequence),
        answered.map(({ sequence }) => sequence),
      );
      const next = rows.at(-1).sequence + 1;
      deepStrictEqual([rows[0].nextSequence, rows[0].messageCount], [next, next]);
      if (!contender.storesHash) continue;
      const stored = rows.map(({ hash }) => hash);
      const first = hashes.get(parameters) ?? stored;
      hashes.set(parameters, first);
      deepStrictEqual(stored, first, `${contender.title}: the hashes of ${operation}`);
    }
  }
}

const given = ({ role, content, toolCallId, toolCalls }) => ({ role, content, toolCallId, toolCalls });
