// What it costs the database to write an answer of 20 kB in 200 pieces: as extendChatMessage does, and as an update
// of the whole message with each piece would. Makes a database of its own beside the one that DATABASE_URL names (a
// PostgreSQL 18, which counts the WAL of each connection, and a user that may create databases) and prints a table.
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { openDatabase } from '../dist/data/database.js';
import { migrate } from '../dist/data/migrate.js';
import { insertMessages, insertStartedMessage } from '../dist/data/statements/append-messages.js';
import { extendMessage } from '../dist/data/statements/extend-message.js';
import { finishMessage } from '../dist/data/statements/finish-message.js';
import { insertSession } from '../dist/data/queries/session-lifetime.js';
import { statement } from '../dist/data/statement.js';
import { connect, createTemporaryDatabase } from './temporary-database.js';

const [pieces, pieceLength, rounds] = [200, 100, 5];
const tables = ['ChatSession', 'ChatMessage', 'ChatMessageStream', 'ChatMessageChunk'];
const columns = ['id', 'sessionId', 'sequence', 'revision'];

const growWhole = statement(
  'grow_whole',
  `WITH session AS (
     SELECT s.id, s.revision + 1 AS revision, GREATEST(s."updatedAt", statement_timestamp()) AS "updatedAt"
     FROM "ChatSession" s WHERE s.id = $1 FOR UPDATE
   ), changed AS (
     UPDATE "ChatMessage" m SET content = m.content || $3, revision = session.revision, "updatedAt" = session."updatedAt"
     FROM session WHERE m."sessionId" = session.id AND m.id = $2 RETURNING m."sessionId", m.revision, m."updatedAt"
   )
   UPDATE "ChatSession" s SET revision = changed.revision, "updatedAt" = changed."updatedAt"
   FROM changed WHERE s.id = changed."sessionId"`,
);

const { url, drop } = await createTemporaryDatabase('measure_streaming');
try {
  await migrate(url);
  await measure();
} finally {
  await drop();
}

async function measure() {
  const sql = await connect(url);
  const database = openDatabase({ url: url, poolSize: 1 });
  // Dead rows stay where they are, to be counted.
  for (const table of tables) await sql.query(`ALTER TABLE "${table}" SET (autovacuum_enabled = off)`);
  const writers = { 'whole message': wholeMessage, 'stream of chunks': stream };
  const found = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [way, write] of Object.entries(writers)) {
      const costs = await costsOf(sql, database, write);
      if (round > 0) (found[way] ??= []).push(costs);
    }
  }
  print(found);
  await database.close();
  await sql.end();
}

async function costsOf(sql, database, write) {
  const sessionId = randomUUID();
  await insertSession(database, { id: sessionId, userId: 'u', title: null, credentials: {} }, false);
  // Another connection reads the counters, so that its own reading is not among them.
  const before = await counters(sql, database);
  const started = performance.now();
  await write(database, sessionId);
  const milliseconds = performance.now() - started;
  const after = await counters(sql, database);
  const { rows } = await sql.query('SELECT content FROM "ChatMessage" WHERE "sessionId" = $1', [sessionId]);
  if (rows[0].content !== deltas().join('')) throw new Error('The text is not what was written.');
  const differences = Object.entries(after).map(([key, value]) => [key, value - before[key]]);
  return { milliseconds, ...Object.fromEntries(differences) };
}

async function counters(sql, database) {
  const flush = { name: 'flush', text: 'SELECT pg_backend_pid() AS pid, pg_stat_force_next_flush()' };
  const [{ pid }] = await database.query(flush, []);
  const { rows } = await sql.query(
    `SELECT (SELECT wal_bytes FROM pg_stat_get_backend_wal($1))::float AS wal,
       (SELECT sum(pg_total_relation_size(quote_ident(name)::regclass)) FROM unnest($2::text[]) name)::float AS size,
       sum(n_tup_upd)::float AS updates, sum(n_tup_hot_upd)::float AS hot, sum(n_dead_tup)::float AS dead
     FROM pg_stat_user_tables WHERE relname = ANY($2)`,
    [pid, tables],
  );
  return rows[0];
}

async function stream(database, sessionId) {
  const append = toAppend(sessionId, null);
  const [{ id: messageId }] = append.messages;
  await insertStartedMessage(database, null, append, '', columns);
  let offset = 0;
  for (const delta of deltas()) {
    const { length } = await extendMessage(
      database,
      null,
      { sessionId, messageId, offset, delta },
      1_000_000,
    );
    offset = length;
  }
  const nothing = { content: null, toolCalls: null, refusal: null, promptTokens: 0, completionTokens: 0 };
  const end = { sessionId, messageId, status: 'complete', ...nothing, finishHash: '00', silence: null };
  await finishMessage(database, null, end, columns);
}

async function wholeMessage(database, sessionId) {
  const append = toAppend(sessionId, '');
  const [{ id }] = append.messages;
  await insertMessages(database, null, append, columns);
  for (const delta of deltas()) await database.query(growWhole, [sessionId, id, delta]);
}

function toAppend(sessionId, content) {
  const message = { id: randomUUID(), body: JSON.stringify({ role: 'assistant', content }), bodyHash: '00' };
  return { sessionId, startSequence: null, clientIds: [], messages: [message] };
}

/** The same text each time: a few words often and many seldom, so that it can be compressed about as prose can. */
function deltas() {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const letter = () => String.fromCharCode(97 + Math.floor(26 * random() ** 1.5));
  const words = Array.from({ length: 2_000 }, (_, n) =>
    Array.from({ length: 1 + Math.log2(n + 2) * random() }, letter).join(''),
  );
  const text = Array.from({ length: pieces * pieceLength }, () => words[Math.floor(2_000 ** random())]).join(
    ' ',
  );
  return Array.from({ length: pieces }, (_, n) => text.slice(n * pieceLength, (n + 1) * pieceLength));
}

function print(found) {
  const kB = (bytes) => `${Math.round(bytes / 1_000).toLocaleString('en')} kB`;
  const columnsOfTable = {
    WAL: ({ wal }) => wal,
    'time of all statements': ({ milliseconds }) => milliseconds,
    'growth of tables and indexes': ({ size }) => size,
    'dead rows': ({ dead }) => dead,
    'HOT updates': ({ hot, updates }) => (100 * hot) / updates,
  };
  const formats = [kB, (ms) => `${Math.round(ms)} ms`, kB, String, (share) => `${Math.round(share)} %`];
  console.log(`| way | ${Object.keys(columnsOfTable).join(' | ')} |`);
  console.log(`| --- | ${formats.map(() => '---').join(' | ')} |`);
  for (const [way, costs] of Object.entries(found)) {
    const cells = Object.values(columnsOfTable).map((value, n) => formats[n](median(costs.map(value))));
    console.log(`| ${way} | ${cells.join(' | ')} |`);
  }
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
