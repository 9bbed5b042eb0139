import { messageCursor, sessionCursor } from '../../dist/ledger/cursor.js';
import { chatledger } from '../contenders/chatledger.js';
import { messageFields, sessionFields } from '../contenders/selections.js';
import { makeMessage } from '../operations.js';
import { randomSeries } from '../data/shape.js';

// What is asked at the points of the curves: requests of the client beside this, with `check`, which throws unless the
// answer is the right one, and `most`, the rows that its statements may look at in each table. A look-up by id may
// count twice, in the index and in the table. `scan` is the one that is wanted, where it must be a certain one.

/** Revisions that are asked for where changes after a recent one are. */
const recent = 5;

/** The newest 40 messages of a session. */
export const newest = ({ userId, id, messages }) =>
  operation('Q1', { userId, sessionId: id, last: 40 }, { ChatMessage: 41, ChatSession: 4 }, (session) =>
    holds(session.messages.length, Math.min(40, messages)),
  );

/** 40 messages before the middle of a session, and whether there are others on both sides. */
export async function middle({ userId, id, messages }) {
  const before = Math.floor(messages / 2);
  const query = `query Middle($id: ID!, $before: String!) {
    chatSession(id: $id) {
      ${sessionFields}
      messages(last: 40, before: $before) { nodes { ${messageFields} } pageInfo { hasPreviousPage hasNextPage } }
    }
  }`;
  return {
    ...(await document(userId, query, { id, before: messageCursor.encode(before) })),
    most: { ChatMessage: 40 + 1 + 2, ChatSession: 6 },
    check: (text) => holds(dataOf(text).chatSession.messages.nodes.length, Math.min(40, before)),
  };
}

/** How many messages a session has. */
export async function messageCount({ userId, id, messages }) {
  const query = 'query Count($id: ID!) { chatSession(id: $id) { messages { totalCount } } }';
  return {
    ...(await document(userId, query, { id })),
    most: { ChatMessage: 0, ChatSession: 2 },
    check: (text) => atLeast(dataOf(text).chatSession.messages.totalCount, messages),
  };
}

/** What has happened in the last few revisions of a session, which are as many appends. */
export async function changes({ userId, id, messages }) {
  const query = `query Changes($id: ID!, $after: Int!) {
    chatSession(id: $id) {
      changes(afterRevision: $after) {
        changes { revision ... on ChatMessagesAppended { chatMessages { ${messageFields} } } }
      }
    }
  }`;
  return {
    ...(await document(userId, query, { id, after: messages - recent })),
    // Each change is found in order of revision, and its message by id.
    most: { ChatMessage: 3 * recent, ChatSession: 4 },
    check: (text) => holds(dataOf(text).chatSession.changes.changes.length, recent),
  };
}

/** Appends so many messages, one alone with the mutation for one. */
export function append({ userId, id }, count) {
  const messages = Array.from({ length: count }, (_, n) => makeMessage(random, n));
  const most = { ChatMessage: 0, ChatSession: 2 };
  const check = (appended) => holds(appended.length, count);
  return count === 1
    ? operation('M1', { userId, sessionId: id, message: messages[0] }, most, check)
    : operation('M2', { userId, sessionId: id, messages }, most, check);
}

/** The first 20 sessions of a user with their newest 20 messages each. */
export const firstSessions = ({ userId, sessions }) =>
  operation('Q2', { userId, first: 20, last: 20 }, listed, (found) => holdsPage(found, sessions));

/** The same for the 20 sessions after one of the list, and whether there are others on both sides. */
export async function sessionsAfter({ userId, sessions }, after) {
  const query = `query After($after: String!) {
    chatSessions(first: 20, after: $after) {
      nodes { ${sessionFields} messages(last: 20) { nodes { ${messageFields} } } }
      pageInfo { hasPreviousPage hasNextPage }
    }
  }`;
  return {
    ...(await document(userId, query, { after: sessionCursor.encode(after) })),
    most: { ...listed, ChatSession: listed.ChatSession + 1 },
    check: (text) => holdsPage(dataOf(text).chatSessions.nodes.map(toList), sessions),
  };
}

const listed = { ChatMessage: 20 * (20 + 1), ChatSession: 20 + 1 + 2 * 20 };
const toList = ({ messages }) => ({ messages: messages.nodes });

/** How many sessions a user has: the one thing that is counted, in an index and without the table. */
export async function sessionCount({ userId, sessions }) {
  return {
    ...(await document(userId, 'query Count { chatSessions { totalCount } }', {})),
    most: { ChatMessage: 0, ChatSession: sessions },
    scan: 'Index Only Scan',
    check: (text) => holds(dataOf(text).chatSessions.totalCount, sessions),
  };
}

/** One of the operations of the side-by-side measurement. */
export async function operation(name, parameters, most, check = () => undefined) {
  const { headers, body } = await chatledger.request(name, parameters);
  return { headers, body, most, check: (text) => check(chatledger.answer[name](dataOf(text))) };
}

async function document(userId, query, variables) {
  const { headers } = await chatledger.request('T', { userId });
  return { headers, body: { query, variables } };
}

function dataOf(text) {
  const { data, errors } = JSON.parse(text);
  if (errors) throw new Error(`An answer has errors: ${text.slice(0, 500)}`);
  return data;
}

function holdsPage(found, sessions) {
  holds(found.length, sessions);
  for (const { messages } of found) holds(Math.min(20, messages.length), 20);
}

function holds(found, wanted) {
  if (found !== wanted) throw new Error(`An answer has ${found} instead of ${wanted}.`);
}

function atLeast(found, wanted) {
  if (found < wanted) throw new Error(`An answer has ${found} instead of ${wanted} or more.`);
}

const random = randomSeries(11);
