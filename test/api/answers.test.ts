import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphQLObjectType } from 'graphql';
import { schema } from '../../src/schema/schema.js';
import { Random } from '../support/chaos/random.js';
import { createDocument } from '../support/generated-document.js';
import { createQueries } from '../support/generated-requests.js';
import { hostileNames } from '../support/hostile-names.js';
import { jsonText } from '../support/json-text.js';
import { appended, createSession } from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

// What a client calls the fields is its own affair: no name may reach into a statement or an object of ours, and the
// answer has its keys in the order in which graphql-js has them.

/** Selections that are made up: `SELECTIONS=20000 npm test -- test/api/answers` for more. */
const wanted = Number(process.env['SELECTIONS'] ?? 2_000);

/** Aliases in a document at most. */
const aliasLimit = 100;

let lean: TestApp;
let reference: TestApp;
/** Shows the ledger of `lean` as `reference` would. */
let mirror: TestApp;
const start = startsTestApps();
beforeAll(async () => {
  [lean, reference] = await Promise.all([start({}, true), start({}, false)]);
  mirror = await start({ DATABASE_URL: lean.database.url }, false);
});

/** The text of an answer. */
async function textOf(app: TestApp, user: string, body: object): Promise<string> {
  const response = await fetch(app.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': user, 'x-request-id': 'the-same' },
    body: JSON.stringify(body),
  });
  return jsonText(await response.text());
}

async function conversation(app: TestApp) {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client, { title: 'title', credentials: { a: 1 } });
  const messages = await appended(client, id, [
    { role: 'USER', content: 'one' },
    { role: 'ASSISTANT', content: 'two', toolCalls: [{ b: 1, a: [2] }], functionCall: { name: 'f' } },
  ]);
  return { user, id, messageIds: messages.map((message) => message.id) };
}

/** Every word of the statements, every word of SQL, every name of a column, and those that JavaScript knows. */
async function names(): Promise<string[]> {
  const folder = new URL('../../src/data/statements/', import.meta.url);
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(new URL(name, folder), 'utf8')),
  );
  const { rows } = await lean.database.sql.query<{ word: string }>(
    `SELECT word FROM pg_get_keywords()
     UNION SELECT column_name FROM information_schema.columns
     UNION SELECT typname FROM pg_type`,
  );
  const all = [...rows.map(({ word }) => word), ...texts.join('\n').split(/\W+/), ...hostileNames];
  return [...new Set(all)].filter((word) => /^[_A-Za-z]\w*$/.test(word));
}

describe('a field may have any name in the answer', () => {
  let all: string[];
  beforeAll(async () => {
    all = await names();
    expect(all.length).toBeGreaterThan(1_000);
  });

  const batch = (aliases: readonly string[]) =>
    aliases.map((alias, index) => `${alias}: ${index % 2 === 0 ? 'content' : 'role'}`).join(' ');
  const expected = (aliases: readonly string[], content: string, role: string) =>
    `{${aliases.map((alias, index) => `"${alias}":"${index % 2 === 0 ? content : role}"`).join()}}`;

  test.each([
    ['a session', (id: string) => `chatSession(id: "${id}")`, (nodes: string) => `{"chatSession":${nodes}}`],
    [
      'a list of sessions',
      () => 'chatSessions(first: 1) { nodes',
      (nodes: string) => `{"chatSessions":{"nodes":[${nodes}]}}`,
    ],
  ])('in the messages of %s', async (_where, open, around) => {
    const { user, id } = await conversation(lean);
    for (let at = 0; at < all.length; at += aliasLimit) {
      const aliases = all.slice(at, at + aliasLimit);
      const close = open(id).includes('{') ? '}' : '';
      const query = `{ ${open(id)} { messages { nodes { ${batch(aliases)} } } } ${close} }`;
      const nodes = `{"messages":{"nodes":[${expected(aliases, 'one', 'USER')},${expected(aliases, 'two', 'ASSISTANT')}]}}`;
      expect(await textOf(lean, user, { query })).toBe(`{"data":${around(nodes)}}`);
    }
  });

  test('in a batch that was appended', async () => {
    const { user, id } = await conversation(lean);
    for (let at = 0; at < all.length; at += aliasLimit) {
      const aliases = all.slice(at, at + aliasLimit);
      const input = `{ sessionId: "${id}", messages: [{ role: USER, content: "one" }] }`;
      const query = `mutation { appendChatMessages(input: ${input}) { ... on AppendChatMessagesSuccess { chatMessages { ${batch(aliases)} } } } }`;
      expect(await textOf(lean, user, { query })).toBe(
        `{"data":{"appendChatMessages":{"chatMessages":[${expected(aliases, 'one', 'USER')}]}}}`,
      );
    }
  });
});

test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
  'variables, fragments, operations, aliases and keys of JSON may be called %s',
  async (name) => {
    for (const app of [lean, reference]) {
      const { user, id } = await conversation(app);
      const query = `query ${name}($${name}: ID!, $take: Boolean = true) {
        ${name}: chatSession(id: $${name}) { ...${name} @include(if: $take) }
      }
      fragment ${name} on ChatSession { ${name}: title messages(first: 1) { nodes { ${name}: content } } }
      query other { __typename }`;
      const asked = { query, operationName: name, variables: withKey(name, id) };
      expect(await textOf(app, user, asked)).toBe(
        `{"data":{"${name}":{"${name}":"title","messages":{"nodes":[{"${name}":"one"}]}}}}`,
      );

      const append = `mutation ($${name}: [JSONObject!]) {
        appendChatMessage(input: { sessionId: "${id}", message: {
          role: USER, toolCalls: $${name}, functionCall: { ${name}: { ${name}: 1 } }
        } }) { ... on AppendChatMessageSuccess { chatMessage { toolCalls functionCall } } }
      }`;
      const variables = withKey(name, [withKey(name, withKey(name, 1))]);
      const shown = `{"${name}":{"${name}":1}}`;
      expect(await textOf(app, user, { query: append, variables })).toBe(
        `{"data":{"appendChatMessage":{"chatMessage":{"toolCalls":[${shown}],"functionCall":${shown}}}}}`,
      );

      // What objects have by themselves is nothing that the request brings.
      const absent = `query ($${name}: String, $take: Boolean = true) {
        chatSession(id: "${id}") { messages(after: $${name}) @include(if: $take) { totalCount } }
      }`;
      expect(await textOf(app, user, { query: absent, variables: {} })).toBe(
        '{"data":{"chatSession":{"messages":{"totalCount":3}}}}',
      );
      const needed = `query ($${name}: ID!) { chatSession(id: $${name}) { id } }`;
      expect(await textOf(app, user, { query: needed })).toMatch(
        new RegExp(`^\\{"errors":\\[\\{.*"path":\\["${name}"\\]`),
      );
    }
  },
);

/** An object of its own key, whatever that is called. */
function withKey(name: string, value: unknown): object {
  return Object.fromEntries([[name, value]]);
}

test('made-up selections are answered as graphql-js answers them, key for key', async () => {
  const { user, id, messageIds } = await conversation(lean);
  const seed = Number(process.env['SEED'] ?? Date.now());
  const next = createQueries(schema, new Random(seed), {
    ids: [id, ...messageIds],
    strings: [],
    bad: false,
    aliases: hostileNames,
  });
  let whole = 0;
  const compareOne = async () => {
    const body = next();
    const [answer, right] = await Promise.all([lean, mirror].map((app) => textOf(app, user, body)));
    if (right?.startsWith('{"data":')) {
      whole += 1;
      expect({ seed, body, answer }).toEqual({ seed, body, answer: right });
    }
  };
  for (let n = 0; n < wanted; n += 10) await Promise.all(Array.from({ length: 10 }, compareOne));
  expect(whole).toBeGreaterThan(wanted * 0.75);
}, 600_000);

test('appends and replays are answered as graphql-js answers them, key for key', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now());
  const random = new Random(seed);
  const success = schema.getType('AppendChatMessagesSuccess') as GraphQLObjectType;
  const message = schema.getType('ChatMessage') as GraphQLObjectType;
  const asked = await Promise.all(
    [lean, reference].map(async (app) => ({ app, ...(await conversation(app)) })),
  );
  let whole = 0;
  for (let n = 0; n < wanted / 20; n += 1) {
    const words = { ids: [randomUUID()], strings: [], bad: false, aliases: hostileNames };
    const { definitions, fragments, variables, selection } = createDocument(schema, random, words);
    const parts = [`chatMessages ${selection(message, random.between(0, 1))}`, `...${selection(success, 2)}`];
    const query = [
      `mutation (${['$input: AppendChatMessagesInput!', ...definitions].join(', ')}) {
        appendChatMessages(input: $input) {
          __typename
          ... on AppendChatMessagesSuccess { ${(random.chance(0.5) ? parts : parts.reverse()).join(' ')} }
        }
      }`,
      ...fragments,
    ].join('\n');
    const messages = [{ id: randomUUID(), role: 'TOOL', toolCallId: 'c', toolCalls: [{ b: 1, a: 2 }] }];
    const [answer, right] = await Promise.all(
      asked.map(async ({ app, user, id }) => {
        const body = { query, variables: { ...variables, input: { sessionId: id, messages } } };
        return [timeless(await textOf(app, user, body)), timeless(await textOf(app, user, body))];
      }),
    );
    expect({ seed, query, variables, answer }).toEqual({ seed, query, variables, answer: right });
    if (right?.every((text) => text.includes('"AppendChatMessagesSuccess"'))) whole += 1;
  }
  expect(whole).toBeGreaterThan((wanted / 20) * 0.75);
}, 600_000);

/** Without what differs between ledgers: times, ids of their own, and the epoch of the database. */
function timeless(text: string): string {
  return text
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"time"')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id')
    .replaceAll(/"[0-9a-f]{16}"/g, '"epoch"');
}
