import { operations, parametersOf } from '../operations.js';
import { shape } from '../data/shape.js';
import { addSessions, sessionOf } from './data.js';
import {
  append,
  changes,
  firstSessions,
  messageCount,
  middle,
  newest,
  operation,
  sessionCount,
  sessionsAfter,
} from './requests.js';

// Each curve loads what it needs beside the data set, and gives the operations with their points.

/** Sessions of each length: requests take them in turn, so that appends do not make short ones long. */
const lengths = new Map([
  [10, 200],
  [100, 100],
  [1_000, 20],
  [10_000, 2],
  [100_000, 1],
]);

export const sessionLength = {
  name: 'length',
  title: 'The length of a session',
  unit: 'messages',
  notes:
    'The changes are those of the last 5 revisions, which are 5 appends. Requests take sessions of a length in turn where there are several.',
  async prepare(client) {
    for (const [messages, sessions] of lengths) {
      await addSessions(client, { userId: ofLength(messages), sessions, messages });
    }
    const points = (makeRequest, isShort = () => false) =>
      [...lengths].map(([messages, sessions]) => {
        const userId = ofLength(messages);
        const request = (n) => makeRequest({ userId, messages, id: sessionOf(userId, n % sessions).id });
        return { at: messages, isShort: isShort(messages), request };
      });
    return [
      { title: 'newest 40', points: points(newest, (messages) => messages < 40) },
      { title: '40 in the middle', points: points(middle, (messages) => messages < 80) },
      { title: 'count', points: points(messageCount) },
      { title: 'changes since 5 revisions', points: points(changes) },
      { title: 'append one', points: points((session) => append(session, 1)) },
      { title: 'append 20', points: points((session) => append(session, 20)) },
    ];
  },
};

const ofLength = (messages) => `with ${messages} messages`;

export const numberOfSessions = {
  name: 'sessions',
  title: 'The number of sessions of a user',
  unit: 'sessions',
  notes:
    'Of these sessions only those on the two pages have messages; beside them are 200,000 of somebody else. The count of sessions is made when it is asked for: PostgreSQL counts the entries of an index, without the table, so its cost grows with their number.',
  async prepare(client) {
    // The planner would rather go through a table of which one user has most.
    await addSessions(client, { userId: 'somebody else', sessions: 200_000, messages: 0 });
    const sizes = [10, 100, 1_000, 10_000, 100_000];
    for (const sessions of sizes) {
      const filled = [...lastOf(sessions, 20), ...lastOf(sessions / 2, 20)];
      await addSessions(client, { userId: withSessions(sessions), sessions, messages: 40, filled });
    }
    const points = (makeRequest) =>
      sizes.map((sessions) => {
        const userId = withSessions(sessions);
        return {
          at: sessions,
          isShort: sessions < 40,
          request: (n) => makeRequest({ userId, sessions, n }),
        };
      });
    const page = (size) => Math.min(20, size);
    return [
      {
        title: 'first 20 with 20 messages each',
        points: points(({ userId, sessions }) => firstSessions({ userId, sessions: page(sessions) })),
      },
      {
        title: 'the same from the middle',
        points: points(({ userId, sessions }) =>
          sessionsAfter({ userId, sessions: page(sessions / 2) }, sessionOf(userId, sessions / 2)),
        ),
      },
      { title: 'count', grows: true, points: points(sessionCount) },
      {
        title: 'append one',
        // To the newest ones, which stay those of the first page.
        points: points(({ userId, sessions, n }) =>
          append({ userId, id: sessionOf(userId, sessions - 1 - (n % page(sessions))).id }, 1),
        ),
      },
    ];
  },
};

const withSessions = (sessions) => `with ${sessions} sessions`;

/** The numbers before `end`, so many of them, from 0 on. */
function lastOf(end, count) {
  const first = Math.max(0, end - count);
  return Array.from({ length: end - first }, (_, n) => first + n);
}

export const batchSize = {
  name: 'batch',
  title: 'The size of a batch',
  unit: 'messages per append',
  notes: 'Appended to 50 sessions in turn, which hold 40 messages each at first.',
  async prepare(client) {
    const userId = 'with batches';
    const sessions = 50;
    await addSessions(client, { userId, sessions, messages: 40 });
    const points = [1, 5, 20, 100, 500].map((at) => ({
      at,
      request: (n) => append({ userId, id: sessionOf(userId, n % sessions).id }, at),
    }));
    return [{ title: 'append', isBatch: true, points }];
  },
};

/** Rows that the operations of the side-by-side measurement may look at; in Q3 sessions are counted. */
const most = {
  Q1: { ChatMessage: 41, ChatSession: 4 },
  Q2: { ChatMessage: 420, ChatSession: 61 },
  Q3: { ChatMessage: 0, ChatSession: shape.sessionsOfUser + 2 },
  M1: { ChatMessage: 0, ChatSession: 2 },
  M2: { ChatMessage: 0, ChatSession: 2 },
};

export const databaseSize = {
  name: 'size',
  title: 'The size of the database',
  unit: 'million messages',
  notes:
    'The operations of the side-by-side measurement, spread over all users. What is not in the buffers of PostgreSQL comes from the memory of the system as long as that has it.',
  /** At one size, since a database has one at a time. @param users of the data set by now */
  operationsAt: (at, users) =>
    Object.keys(most).map((name) => {
      const wanted = parametersOf(name, operations[name].requests, users);
      const request = (n) => operation(name, wanted[n % wanted.length], most[name]);
      return { title: name, points: [{ at, request }] };
    }),
};
