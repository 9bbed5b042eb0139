import { bench } from '../settings.js';
import { servedHere } from './served-here.js';
import { toMessage, toSession } from './selections.js';

/** What the machine gives: node:http, and one prepared statement for each operation, whose JSON PostgreSQL builds. */
export const limit = {
  title: "E: node:http + PostgreSQL's JSON",
  node: process.execPath,
  script: `${bench}contenders/servers/limit.js`,
  isBare: true,
  environment: servedHere,
  request: (operation, { userId, ...parameters }) =>
    Promise.resolve({ path: `/${operation}`, headers: { 'x-user-id': userId }, body: parameters }),
  answer: {
    T: (answer) => answer,
    Q1: (session) => toSession(session, messagesOf),
    Q2: (sessions) => sessions.map((session) => toSession(session, messagesOf)),
    Q3: ({ sessions, messages }) => [sessions, messages],
    M1: (messages) => messages.map(toMessage),
    M2: (messages) => messages.map(toMessage),
  },
};

const messagesOf = ({ messages }) => messages;
