// Mercurius with the duties that Chatledger has: it checks the token of each request, sizes of what it is given and
// ids, stores the hash by which Chatledger tells a retry from a conflict, and writes the same line into its log.
import { hash, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import mercurius from 'mercurius';
import pg from 'pg';
import { pino } from 'pino';
import { createResolvers, schema } from './mercurius-schema.js';

// As src/ledger/limits.ts and src/config.ts have them.
const most = { content: 1_000_000, json: 256_000, name: 500, batch: 500, page: 1_000, body: 8_000_000 };
const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function check({ sessionId, messages = [], page = 0 }) {
  refuseIf(sessionId !== undefined && !uuid.test(sessionId), 'This is not a UUID.');
  refuseIf(page < 0 || page > most.page, 'The page is too large.');
  refuseIf(messages.length > most.batch, 'There are too many messages.');
  for (const { role, content, toolCallId, toolCalls } of messages) {
    refuseIf(!roles.has(role), 'There is no such role.');
    refuseIf(content != null && Buffer.byteLength(content) > most.content, 'The content is too long.');
    refuseIf(content != null && !isStorable(content), 'The content is not text that can be stored.');
    refuseIf(toolCallId != null && toolCallId.length > most.name, 'The toolCallId is too long.');
    refuseIf(
      toolCalls != null && Buffer.byteLength(JSON.stringify(toolCalls)) > most.json,
      'The toolCalls are too long.',
    );
  }
}

/** PostgreSQL takes no NUL, and UTF-8 has no lone surrogates. */
function isStorable(text) {
  return !text.includes('\0') && text.isWellFormed();
}

function refuseIf(isWrong, message) {
  if (isWrong) throw new mercurius.ErrorWithProps(message, { code: 'BAD_USER_INPUT' });
}

/** The fields in the order in which src/ledger/append.ts has them. */
function hashOf({ role, content = null, toolCallId = null, toolCalls = null }) {
  const body = { role, content, name: null, toolCallId, refusal: null, toolCalls, functionCall: null };
  return hash('sha256', JSON.stringify(body));
}

const secret = new TextEncoder().encode(process.env.AUTH_JWT_SECRET);
// As src/auth/jwt.ts keeps them.
const proved = new LRUCache({ max: 10_000 });
const keptFor = 60_000;
const clockTolerance = 5;

async function userOf(authorization = '') {
  const token = authorization.replace(/^Bearer /i, '');
  const key = hash('sha256', token);
  const known = proved.get(key);
  if (known !== undefined) return known;
  const { payload } = await jwtVerify(token, secret, {
    algorithms: ['HS256'],
    requiredClaims: ['sub', 'exp'],
    clockTolerance,
  });
  const ttl = Math.min(keptFor, (payload.exp + clockTolerance) * 1_000 - Date.now());
  if (ttl > 0) proved.set(key, payload.sub, { ttl });
  return payload.sub;
}

const log = pino(
  {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  // As src/cli/serve/log-output.ts has it.
  pino.destination({ sync: false, minLength: 4_096, periodicFlush: 100, maxLength: 16 * 1024 * 1024 }),
);

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
const server = Fastify({ bodyLimit: most.body, genReqId: () => randomUUID() });
server.decorateRequest('userId', null);
server.addHook('onRequest', async (request, reply) => {
  reply.header('x-request-id', request.id);
  reply.header('x-content-type-options', 'nosniff');
  try {
    request.userId = await userOf(request.headers.authorization);
  } catch {
    await reply.code(401).send({ errors: [{ message: 'The token does not hold.' }] });
  }
});
server.addHook('onResponse', async (request, reply) => {
  log.info(
    {
      requestId: request.id,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime),
      viewer: request.userId === null ? 'nobody' : 'user',
    },
    'request',
  );
});
server.register(mercurius, {
  schema,
  ...createResolvers(pool, { hashOf, check }),
  jit: 1,
  context: ({ userId }) => ({ userId }),
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
