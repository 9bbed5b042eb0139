// What the statements of src/data/statements cost the server, and what queries of Prisma Client would that come to the
// same: CPU time of this process, time until the answer, and statements sent for each call. Makes a database of its own
// beside the one that DATABASE_URL names (its user may create databases) and prints a table. Both take turns in blocks,
// so that whatever else the machine does meets both.
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { openDatabase } from '../dist/data/database.js';
import { migrate } from '../dist/data/migrate.js';
import { insertMessages } from '../dist/data/statements/append-messages.js';
import { readSessions } from '../dist/data/statements/by-id.js';
import { readChanges } from '../dist/data/statements/changes.js';
import { readEpoch } from '../dist/data/statements/epoch.js';
import { extendMessage } from '../dist/data/statements/extend-message.js';
import { readMessageWindows } from '../dist/data/statements/message-windows.js';
import { countSessions, readSessionList } from '../dist/data/statements/session-list.js';
import { readSessionListWithMessages } from '../dist/data/statements/sessions-with-messages.js';
import { readToolAnswer, writeToolContent } from '../dist/data/statements/tool-content.js';
import { updateSession } from '../dist/data/statements/update-session.js';
import { deleteSession, insertSession } from '../dist/data/queries/session-lifetime.js';
import { createTemporaryDatabase } from './temporary-database.js';

const [rounds, callsOfBlock] = [Number(process.env.ROUNDS ?? 30), 20];
const userId = 'ann';
const columns = ['id', 'sessionId', 'sequence', 'role', 'content', 'createdAt'];
const select = Object.fromEntries(columns.map((column) => [column, true]));
const sessionColumns = ['id', 'title', 'revision', 'updatedAt'];
const selectSession = Object.fromEntries(sessionColumns.map((column) => [column, true]));
const json = columns.map((column) => ({ key: column, value: { column } }));
const windowOf = (from, limit) => ({ from, limit, peek: false, offset: 0, after: null, before: null });

const { url, drop } = await createTemporaryDatabase('measure_prisma');
try {
  await migrate(url);
  await measure();
} finally {
  await drop();
}

async function measure() {
  let sent = 0;
  const database = openDatabase({ url: url, poolSize: 4, onStatement: () => (sent += 1) });
  const { prisma } = database;
  const ids = Array.from({ length: 40 }, () => randomUUID());
  const [sessionId] = ids;
  for (const id of ids)
    await insertSession(database, { id, userId, title: 'A session', credentials: {} }, false);
  const append = (id, count) => ({
    sessionId: id,
    startSequence: null,
    clientIds: [],
    messages: Array.from({ length: count }, () => ({
      id: randomUUID(),
      body: JSON.stringify({ role: 'user', content: 'x'.repeat(300) }),
      bodyHash: '00'.repeat(32),
    })),
  });
  for (const id of ids) await insertMessages(database, userId, append(id, 100), columns);
  const answer = randomUUID();
  const message = {
    sessionId,
    role: 'tool',
    revision: 101,
    appendedRevision: 101,
    bodyHash: Buffer.alloc(32),
    createdAt: new Date(),
    updatedAt: new Date(),
  };
  await prisma.chatMessage.create({
    data: { ...message, id: answer, toolCallId: 'call', sequence: 1_000_000 },
  });
  const streamed = randomUUID();
  await prisma.chatMessage.create({
    data: { ...message, id: streamed, role: 'assistant', sequence: 1_000_001, status: 'in_progress' },
  });
  const stream = { sessionId, messageId: streamed };
  await prisma.chatMessageStream.create({
    data: { ...stream, length: 0, bytes: 0, revision: 1, updatedAt: new Date() },
  });
  let [length, n] = [0, 0];

  /** The session's part of a write. */
  const move = (transaction, data) =>
    transaction.chatSession.update({
      where: { id: sessionId, userId },
      data: { revision: { increment: 1 }, ...data },
      select: { revision: true, nextSequence: true, updatedAt: true },
    });
  const prismaAppend = (count) =>
    prisma.$transaction(async (transaction) => {
      const by = { increment: count };
      const session = await move(transaction, { nextSequence: by, messageCount: by, updatedAt: new Date() });
      const first = session.nextSequence - count;
      return transaction.chatMessage.createManyAndReturn({
        data: Array.from({ length: count }, (_, place) => ({
          ...message,
          id: randomUUID(),
          role: 'user',
          content: 'x'.repeat(300),
          sequence: first + place,
          revision: session.revision,
          appendedRevision: session.revision,
        })),
        select,
      });
    });

  const cases = {
    'by-id: a session': [
      () => readSessions(database, userId, [sessionId], sessionColumns),
      () => prisma.chatSession.findUnique({ where: { id: sessionId, userId }, select: selectSession }),
    ],
    'by-id: 40 sessions': [
      () => readSessions(database, userId, ids, sessionColumns),
      () => prisma.chatSession.findMany({ where: { id: { in: ids }, userId }, select: selectSession }),
    ],
    'message-windows: 100 messages': [
      () => readMessageWindows(database, userId, [sessionId], { window: windowOf('end', 100), columns }),
      () =>
        prisma.chatMessage.findMany({
          where: { sessionId, session: { userId } },
          orderBy: { sequence: 'desc' },
          take: 100,
          select,
        }),
    ],
    'message-windows: 10 of 40 sessions': [
      () => readMessageWindows(database, userId, ids, { window: windowOf('end', 10), columns }),
      () =>
        prisma.chatSession.findMany({
          where: { id: { in: ids }, userId },
          select: { id: true, messages: { orderBy: { sequence: 'desc' }, take: 10, select } },
        }),
    ],
    'session-list: 40 sessions': [
      () => readSessionList(database, userId, { window: windowOf('start', 40), columns: sessionColumns }),
      () =>
        prisma.chatSession.findMany({
          where: { userId },
          orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
          take: 40,
          select: selectSession,
        }),
    ],
    'session-list: their number': [
      () => countSessions(database, userId),
      () => prisma.chatSession.count({ where: { userId } }),
    ],
    'sessions-with-messages: 20 of 20': [
      () =>
        readSessionListWithMessages(database, userId, {
          sessions: { window: windowOf('start', 20), columns: sessionColumns },
          messages: { window: windowOf('end', 20), columns, json },
        }),
      () =>
        prisma.chatSession.findMany({
          where: { userId },
          orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
          take: 20,
          select: { ...selectSession, messages: { orderBy: { sequence: 'desc' }, take: 20, select } },
        }),
    ],
    'append-messages: 1': [
      () => insertMessages(database, userId, append(sessionId, 1), columns),
      () => prismaAppend(1),
    ],
    'append-messages: 20': [
      () => insertMessages(database, userId, append(sessionId, 20), columns),
      () => prismaAppend(20),
    ],
    'changes: 20 of a session': [
      () => readChanges(database, userId, ids[1], { after: 0, revisions: 20, bytes: 1_000_000 }, columns),
      () =>
        prisma.$transaction(async (transaction) => {
          await transaction.chatSession.findUnique({ where: { id: ids[1], userId }, select: selectSession });
          const after = { sessionId: ids[1], revision: { gt: 0 } };
          await transaction.chatMessage.findMany({
            where: after,
            orderBy: [{ revision: 'asc' }, { sequence: 'asc' }],
            take: 600,
            select: { ...select, revision: true, appendedRevision: true },
          });
          await transaction.chatMessageChunk.findMany({ where: after, take: 600 });
        }),
    ],
    epoch: [() => readEpoch(database), () => prisma.$queryRaw`SELECT chatledger_epoch() AS epoch`],
    'extend-message: a piece': [
      async () => {
        const grown = await extendMessage(database, userId, { ...stream, offset: length, delta: 'x' }, 1e6);
        length = grown.length;
      },
      async () => {
        await prisma.$transaction(async (transaction) => {
          const session = await move(transaction, {});
          await transaction.chatMessageStream.update({
            where: { sessionId_messageId: stream, length },
            data: { length: { increment: 1 }, bytes: { increment: 1 }, revision: session.revision },
            select: { length: true },
          });
          const piece = { ...stream, revision: session.revision, offset: length, delta: 'x' };
          await transaction.chatMessageChunk.createMany({ data: piece });
        });
        length += 1;
      },
    ],
    'tool-content: an update': [
      () =>
        writeToolContent(
          database,
          userId,
          { sessionId, toolCallId: 'call', content: `${(n += 1)}` },
          columns,
        ),
      () =>
        prisma.$transaction(async (transaction) => {
          const session = await move(transaction, { updatedAt: new Date() });
          const [found] = await transaction.chatMessage.findMany({
            where: { sessionId, toolCallId: 'call', role: 'tool' },
            select: { id: true, content: true },
          });
          return transaction.chatMessage.update({
            where: { sessionId_id: { sessionId, id: found.id } },
            data: { content: `${(n += 1)}`, revision: session.revision, updatedAt: session.updatedAt },
            select,
          });
        }),
    ],
    'tool-content: a replay': [
      () => readToolAnswer(database, userId, { sessionId, toolCallId: 'call', content: 'x' }, columns),
      () =>
        prisma.chatMessage.findMany({
          where: { sessionId, toolCallId: 'call', role: 'tool', session: { userId } },
          select,
        }),
    ],
    'update-session: a merge': [
      () =>
        updateSession(
          database,
          userId,
          sessionId,
          { maps: { successfulAgentRuns: { how: 'merge', value: { a: (n += 1) } } }, counters: {} },
          { mapBytes: 256_000, tokens: 1e9 },
          sessionColumns,
        ),
      () =>
        prisma.$transaction(async (transaction) => {
          // A change first, for its lock.
          const { revision: at } = await move(transaction, { updatedAt: new Date() });
          const { successfulAgentRuns } = await transaction.chatSession.findUniqueOrThrow({
            where: { id: sessionId },
            select: { successfulAgentRuns: true },
          });
          return transaction.chatSession.update({
            where: { id: sessionId },
            data: { ownRevision: at, successfulAgentRuns: { ...successfulAgentRuns, a: (n += 1) } },
            select: selectSession,
          });
        }),
    ],
  };

  const rows = {};
  for (const [what, ways] of Object.entries(cases)) {
    const found = ways.map(() => ({ cpu: [], milliseconds: [], statements: 0 }));
    for (let round = -3; round < rounds; round += 1) {
      for (const [way, call] of ways.entries()) {
        sent = 0;
        const begun = process.cpuUsage();
        for (let calls = 0; calls < callsOfBlock; calls += 1) {
          const start = performance.now();
          await call();
          if (round >= 0) found[way].milliseconds.push(performance.now() - start);
        }
        const { user, system } = process.cpuUsage(begun);
        if (round >= 0) found[way].cpu.push((user + system) / callsOfBlock);
        found[way].statements = Math.round(sent / callsOfBlock);
      }
    }
    const [sql, client] = found.map(({ cpu, milliseconds, statements }) => ({
      cpu: Math.round(median(cpu)),
      milliseconds: median(milliseconds).toFixed(2),
      statements,
    }));
    rows[what] = {
      'SQL: CPU us': sql.cpu,
      'Prisma: CPU us': client.cpu,
      times: (client.cpu / sql.cpu).toFixed(1),
      'SQL: ms': sql.milliseconds,
      'Prisma: ms': client.milliseconds,
      'SQL: statements': sql.statements,
      'Prisma: statements': client.statements,
    };
  }
  // What Prisma does here.
  const created = { cpu: [], milliseconds: [] };
  for (let round = 0; round < rounds; round += 1) {
    const begun = process.cpuUsage();
    const start = performance.now();
    for (let calls = 0; calls < callsOfBlock; calls += 1) {
      const id = randomUUID();
      await insertSession(database, { id, userId, title: null, credentials: {} }, true);
      await deleteSession(database, userId, id);
    }
    const { user, system } = process.cpuUsage(begun);
    created.cpu.push((user + system) / callsOfBlock);
    created.milliseconds.push((performance.now() - start) / callsOfBlock);
  }
  console.table(rows);
  console.log(
    `a creation and a deletion through Prisma: ${Math.round(median(created.cpu))} us of CPU, ${median(created.milliseconds).toFixed(2)} ms`,
  );
  await database.close();
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
