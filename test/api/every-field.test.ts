import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Client } from '../support/client.js';
import { decrypted } from '../support/credentials.js';
import { rowsIn, selectingAll, valueFields, type FoundRow, type RowType } from '../support/every-field.js';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import { appended, createSession, updated } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

const fullMessage = (role: ChatMessageInput['role'] = 'ASSISTANT'): ChatMessageInput => ({
  id: randomUUID(),
  role,
  content: `content ${randomUUID()}`,
  name: 'name',
  toolCallId: `call ${randomUUID()}`,
  refusal: 'refusal',
  toolCalls: [{ z: 1, a: 2 }],
  functionCall: { name: 'f' },
});

/** A session with something in every column, and so its three messages. */
async function fullSession() {
  const client = app.as(newUser());
  const maps = {
    credentials: { a: 1 },
    successfulAgentRuns: { b: 2 },
    successfulAgentSchedules: { c: 3 },
  };
  const { id } = await createSession(client, { title: 'title', ...maps });
  const answer = fullMessage('TOOL');
  const messages = [fullMessage(), fullMessage('USER'), answer];
  await appended(client, id, messages);
  await updated(client, { id, totalPromptTokens: 4, totalCompletionTokens: 5 });
  return { client, id, messages, toolCallId: answer.toolCallId };
}

/** Columns that nobody is shown. */
const innerColumns = [
  'bodyHash',
  'ownerHash',
  'finishHash',
  'appendedRevision',
  'ownRevision',
  'createdRevision',
  'listTransaction',
];

/** What the table holds for a row, as the API should show it. */
async function stored({ __typename, id }: FoundRow): Promise<Record<string, unknown>> {
  const { rows } = await app.database.sql.query<Record<string, unknown>>(
    `SELECT *${__typename === 'ChatSession' ? ', chatledger_epoch() AS epoch' : ''} FROM "${__typename}" WHERE id = $1`,
    [id],
  );
  const row = Object.entries(rows[0] ?? {}).flatMap(([name, value]) => {
    if (innerColumns.includes(name)) return [];
    if (name === 'credentials') return [[name, decrypted(id, value)] as const];
    if (name === 'role' || name === 'status') return [[name, String(value).toUpperCase()] as const];
    return [[name, value instanceof Date ? value.toISOString() : value] as const];
  });
  return Object.fromEntries(row);
}

/** Runs a query over everything, and compares each row in the answer, column by column, with its table. */
async function check(client: Client, document: string, variables: object): Promise<FoundRow[]> {
  const { data, errors } = await client.post({ query: document, variables });
  expect(errors).toEqual([]);
  const rows = rowsIn(data);
  for (const row of rows) {
    const values = Object.fromEntries(valueFields(row.__typename).map((name) => [name, row[name]]));
    expect(values).toEqual(await stored(row));
  }
  return rows;
}

const count = (rows: FoundRow[], type: RowType) =>
  rows.filter(({ __typename }) => __typename === type).length;

describe('every field comes back as it is stored', () => {
  test('and the test data leaves none of them empty', async () => {
    const { client, id } = await fullSession();
    const document = selectingAll('Query', 'chatSession(id: $id)', '$id: ID!');
    for (const row of await check(client, document, { id })) {
      for (const field of valueFields(row.__typename)) {
        expect({ field, value: row[field] }).not.toEqual({ field, value: null });
      }
    }
  });

  // Each session leads to its last message and to three of its messages, as nodes and as edges; each of these leads
  // to its session again. And to its first changes: its three messages, and itself with a new title.
  test.each([
    ['chatSession(id: $id)', '$id: ID!', 13, 20],
    ['node(id: $id)', '$id: ID!', 13, 20],
    ['node(id: $message)', '$message: ID!', 2, 11],
    ['nodes(ids: [$id, $message, $id])', '$id: ID!, $message: ID!', 28, 51],
    ['chatSessions(first: 5)', '', 26, 40],
  ])('through %s', async (call, variables, sessions, messages) => {
    const { client, id, messages: sent } = await fullSession();
    const document = selectingAll('Query', call, variables).replace('()', '');
    const rows = await check(client, document, { id, message: sent[0]?.id });
    expect([count(rows, 'ChatSession'), count(rows, 'ChatMessage')]).toEqual([sessions, messages]);
  });

  test.each([
    ['createChatSession', () => ({ title: 'new', credentials: { a: 1 } }), 1],
    ['createChatSession', ({ id }: Full) => ({ id }), 33],
    ['updateChatSession', ({ id }: Full) => ({ id, title: 'new' }), 33],
    ['updateChatSession', ({ id }: Full) => ({ id, title: 'title' }), 33],
    ['appendChatMessage', ({ id }: Full) => ({ sessionId: id, message: fullMessage() }), 14],
    ['appendChatMessage', ({ id, messages }: Full) => ({ sessionId: id, message: messages[1] }), 13],
    [
      'appendChatMessages',
      ({ id }: Full) => ({ sessionId: id, messages: [fullMessage(), { role: 'USER' }] }),
      30,
    ],
    ['appendChatMessages', ({ id, messages }: Full) => ({ sessionId: id, messages }), 39],
    [
      'updateToolMessageContent',
      ({ id, toolCallId }: Full) => ({ sessionId: id, toolCallId, content: 'new' }),
      13,
    ],
    [
      'updateToolMessageContent',
      ({ id, toolCallId, messages }: Full) => ({ sessionId: id, toolCallId, content: messages[2]?.content }),
      13,
    ],
  ])('through %s, case %#', async (mutation, inputFor, found) => {
    const full = await fullSession();
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const document = selectingAll('Mutation', `${mutation}(input: $input)`, `$input: ${type}!`);
    expect(await check(full.client, document, { input: inputFor(full) })).toHaveLength(found);
  });
});

type Full = Awaited<ReturnType<typeof fullSession>>;

describe('a query reads no columns but those it selects', () => {
  /** Hides a column, or the function that makes it, while something runs: whoever reads it fails. */
  async function without<Result>(
    table: RowType,
    column: string,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const { sql } = app.database;
    const [owner, name] =
      column === 'epoch' ? ['FUNCTION', 'chatledger_epoch'] : [`TABLE "${table}"`, column];
    const rename = (from: string, to: string) =>
      sql.query(
        owner === 'FUNCTION'
          ? `ALTER FUNCTION ${from} RENAME TO ${to}`
          : `ALTER ${owner} RENAME COLUMN "${from}" TO "${to}"`,
      );
    await rename(name, 'hidden');
    try {
      return await run();
    } finally {
      await rename('hidden', name);
    }
  }

  const paths: Record<RowType, (fields: string) => string[]> = {
    ChatSession: (fields) => [
      `chatSession(id: $id) { ${fields} }`,
      `node(id: $id) { ... on ChatSession { ${fields} } }`,
      `nodes(ids: [$id]) { ... on ChatSession { ${fields} } }`,
      `chatSessions { nodes { ${fields} } }`,
      `chatSessions { edges { node { ${fields} } } }`,
      `node(id: $message) { ... on ChatMessage { session { ${fields} } } }`,
    ],
    ChatMessage: (fields) => [
      `node(id: $message) { ... on ChatMessage { ${fields} } }`,
      `chatSession(id: $id) { lastMessage { ${fields} } }`,
      `chatSession(id: $id) { messages { nodes { ${fields} } } }`,
      `chatSession(id: $id) { messages(first: 1) { edges { node { ${fields} } } } }`,
      `chatSessions { nodes { lastMessage { ${fields} } } }`,
    ],
  };
  // Needed to find, to order and to judge rows, whatever is selected. The status says where the content is kept.
  const keys: Record<RowType, string[]> = {
    ChatSession: ['id', 'userId', 'updatedAt'],
    ChatMessage: ['id', 'sessionId', 'sequence', 'status'],
  };
  /** `node` gives the newest of the messages that have an id, and so needs the time of each. */
  const isNeeded = (table: RowType, column: string, query: string) =>
    table === 'ChatMessage' && column === 'createdAt' && query.startsWith('node(');
  const columns = (['ChatSession', 'ChatMessage'] as const).flatMap((table) =>
    valueFields(table).flatMap((column) => (keys[table].includes(column) ? [] : [{ table, column }])),
  );

  test.each(columns)('$column of $table', async ({ table, column }) => {
    const { client, id, messages } = await fullSession();
    const others = valueFields(table).filter((field) => field !== column);
    const send = (query: string) =>
      client.post({
        query:
          `query(${query.includes('$id') ? '$id: ID! ' : ''}${query.includes('$message') ? '$message: ID! ' : ''}) { ${query} }`.replace(
            '()',
            '',
          ),
        variables: { id, message: messages[0]?.id },
      });
    await without(table, column, async () => {
      for (const query of paths[table](others.join(' '))) {
        if (isNeeded(table, column, query)) continue;
        expect(await send(query)).toMatchObject({ errors: [] });
      }
      // The trick does hide the column.
      for (const query of paths[table](column)) {
        const { errors } = await send(query);
        expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      }
    });
  });
});
