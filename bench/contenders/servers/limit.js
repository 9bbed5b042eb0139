// The limit E. It parses no GraphQL, checks no token and no input, and never looks into the rows that it sends.
import { createServer } from 'node:http';
import pg from 'pg';
import { v7 } from 'uuid';
import { appendStep, insertStep, messageColumns, ownedSession, sessionColumns } from './sql.js';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });

const newestMessages = (count) => `COALESCE((
  SELECT json_agg(message) FROM (
    SELECT * FROM (
      SELECT ${messageColumns('m')} FROM "ChatMessage" m
      WHERE m."sessionId" = s.id ORDER BY m.sequence DESC LIMIT ${count}
    ) newest ORDER BY sequence
  ) message
), '[]') AS messages`;

const operations = {
  Q1: {
    text: `SELECT row_to_json(session)::text AS json FROM (
      SELECT ${sessionColumns('s')}, ${newestMessages('$3')} FROM "ChatSession" s WHERE ${ownedSession('$1', '$2')}
    ) session`,
    values: (userId, { sessionId, last }) => [sessionId, userId, last],
  },
  Q2: {
    text: `SELECT json_agg(session)::text AS json FROM (
      SELECT ${sessionColumns('s')}, ${newestMessages('$3')} FROM "ChatSession" s
      WHERE s."userId" = $1 ORDER BY s."updatedAt" DESC, s.id DESC LIMIT $2
    ) session`,
    values: (userId, { first, last }) => [userId, first, last],
  },
  Q3: {
    text: `SELECT row_to_json(counts)::text AS json FROM (
      SELECT (SELECT count(*) FROM "ChatSession" WHERE "userId" = $2) AS sessions,
        (SELECT s."messageCount" FROM "ChatSession" s WHERE ${ownedSession('$1', '$2')}) AS messages
    ) counts`,
    values: (userId, { sessionId }) => [sessionId, userId],
  },
  M1: {
    text: appended(),
    values: (userId, { sessionId, message }) => [sessionId, userId, 1, JSON.stringify([withId(message, 0)])],
  },
  M2: {
    text: appended(),
    values: (userId, { sessionId, messages }) => [
      sessionId,
      userId,
      messages.length,
      JSON.stringify(messages.map(withId)),
    ],
  },
};

function appended() {
  return `WITH session AS (${appendStep}), message AS (${insertStep()} RETURNING ${messageColumns('m')})
    SELECT json_agg(message ORDER BY sequence)::text AS json FROM message`;
}

function withId(message, place) {
  return { ...message, place, id: v7() };
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    answer(request, Buffer.concat(chunks)).then(
      (json) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(json),
        });
        response.end(json);
      },
      (error) => {
        response.writeHead(500).end(String(error));
      },
    );
  });
}).listen(Number(process.env.PORT), '127.0.0.1');

async function answer(request, body) {
  const name = request.url.slice(1);
  if (name === 'T') return JSON.stringify(JSON.parse(body).sessionId && 'Query');
  const { text, values } = operations[name];
  const { rows } = await pool.query({
    name,
    text,
    values: values(request.headers['x-user-id'], JSON.parse(body)),
  });
  return rows[0]?.json ?? 'null';
}
