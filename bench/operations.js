import { makeText, randomSeries, sessionId, shape, textLength, userId } from './data/shape.js';

/**
 * What is asked. Each makes its parameters from a series of random numbers and the number of users; contenders turn
 * them into requests of their own, and their answers back into one form, in which all must be equal.
 *
 * - `requests`: how many different ones a load generator goes through, over and over
 * - `appends`: messages that each request stores
 */
export const operations = {
  T: { title: '{ __typename }, which needs no data', requests: 4_000, parameters: anySession },
  Q1: {
    title: 'a session with its 40 newest messages',
    requests: 4_000,
    parameters: (random, users) => ({ ...anySession(random, users), last: 40 }),
  },
  Q2: {
    title: "a user's 20 newest sessions with their 20 newest messages each",
    requests: 1_000,
    parameters: (random, users) => ({ ...anySession(random, users), first: 20, last: 20 }),
  },
  Q3: {
    title: "two counts: a user's sessions, a session's messages",
    requests: 4_000,
    parameters: anySession,
  },
  M1: {
    title: 'append one message',
    requests: 4_000,
    appends: 1,
    parameters: (random, users) => ({ ...anySession(random, users), message: makeMessage(random, 0) }),
  },
  M2: {
    title: 'append 20 messages in one batch',
    requests: 1_000,
    appends: 20,
    parameters: (random, users) => ({
      ...anySession(random, users),
      messages: Array.from({ length: 20 }, (_, n) => makeMessage(random, n)),
    }),
  },
};

/** `count` sets of parameters of an operation, the same in each run, spread over so many users. */
export function parametersOf(operation, count, users = shape.users) {
  const random = randomSeries([...operation].reduce((sum, letter) => sum * 100 + letter.charCodeAt(0), 0));
  return Array.from({ length: count }, () => operations[operation].parameters(random, users));
}

function anySession(random, users) {
  const user = Math.floor(random() * users);
  return { userId: userId(user), sessionId: sessionId(user, Math.floor(random() * shape.sessionsOfUser)) };
}

/** The same mix as in the data set: the second of four calls a tool, the third is the tool's answer. */
export function makeMessage(random, n) {
  const [shortest, longest] = textLength;
  const content = makeText(shortest + Math.floor(random() * (longest - shortest)), random);
  const call = {
    id: `call_${n}`,
    type: 'function',
    function: { name: 'search', arguments: JSON.stringify({ query: makeText(40, random) }) },
  };
  if (n % 4 === 1) return { role: 'assistant', content, toolCallId: null, toolCalls: [call] };
  if (n % 4 === 2) return { role: 'tool', content, toolCallId: `call_${n - 1}`, toolCalls: null };
  return { role: n % 4 === 0 ? 'user' : 'assistant', content, toolCallId: null, toolCalls: null };
}
