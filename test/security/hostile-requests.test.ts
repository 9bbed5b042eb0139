import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { decrypted, storedCredentials } from '../support/credentials.js';
import { newUser, startsTestApps, useTestApp } from '../support/test-app.js';

const start = startsTestApps();
const app = useTestApp();

const create =
  'mutation ($input: CreateChatSessionInput!) { createChatSession(input: $input) { ... on CreateChatSessionSuccess { chatSession { id credentials } } } }';

const repeated = (text: string, times: number) => text.repeat(times);
const listOfDepth = (depth: number) => repeated('[', depth) + repeated(']', depth);
const objectOfDepth = (depth: number) => `${repeated('{"a":', depth)}1${repeated('}', depth)}`;

/** Milliseconds of CPU that this process, which the server is a part of, has taken since. Other processes do not count. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The body with a value in the place of the input, written as text: no stack of ours is to end on it. */
const withInput = (input: string) => `{"query":${JSON.stringify(create)},"variables":{"input":${input}}}`;

describe('documents', () => {
  const tooComplex: Record<string, string> = {
    ...Object.fromEntries(
      [5_000, 20_000, 100_000].flatMap((depth) => [
        [`fields ${depth} levels deep`, repeated('{a', depth) + repeated('}', depth)],
        [`fragments ${depth} levels deep`, `{${repeated('...{', depth)}__typename${repeated('}', depth)}}`],
      ]),
    ),
    ...Object.fromEntries(
      [20_000, 100_000].flatMap((depth) => [
        [`a list ${depth} levels deep`, `{ node(id: ${listOfDepth(depth)}) { id } }`],
        [
          `JSON ${depth} levels deep`,
          `mutation { createChatSession(input: { credentials: { a: ${listOfDepth(depth)} } }) { __typename } }`,
        ],
        [
          `a type ${depth} levels deep`,
          `query ($a: ${repeated('[', depth)}ID${repeated(']', depth)}) { __typename }`,
        ],
      ]),
    ),
    '500,000 fields': `{ ${repeated('viewer { x } ', 500_000)} }`,
    '10,000 times the same field': `{ ${repeated('viewer { kind } ', 10_000)} }`,
    '20,000 aliases': `{ ${Array.from({ length: 20_000 }, (_, index) => `a${index}: viewer { kind }`).join(' ')} }`,
  };
  test.each(Object.entries(tooComplex))('are refused: %s', async (_name, query) => {
    const before = process.cpuUsage();
    const { errors, data, headers } = await app.as(newUser()).post({ query });
    expect(codesOf(errors, headers.get('x-request-id'))).toEqual(['QUERY_TOO_COMPLEX']);
    expect(data).toBeUndefined();
    expect(cpuSince(before)).toBeLessThan(3_000);
  });

  test('may hold a whole batch of messages', async () => {
    const user = newUser();
    const id = randomUUID();
    const message =
      '{ role: ASSISTANT, content: "x", name: "y", toolCalls: [{ id: "a", function: { name: "b" } }] }';
    const { errors, data } = await app.as(user).post({
      query: `mutation { createChatSession(input: { id: "${id}" }) { __typename }
        appendChatMessages(input: { sessionId: "${id}", messages: [${repeated(message, 500)}] }) { __typename } }`,
    });
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ appendChatMessages: { __typename: 'AppendChatMessagesSuccess' } });
  });

  const malformed: Record<string, { body: object; codes: string[] }> = {
    'an empty document': { body: { query: '' }, codes: ['GRAPHQL_PARSE_FAILED'] },
    'no document': { body: { query: '{{{' }, codes: ['GRAPHQL_PARSE_FAILED'] },
    'a document with NUL': { body: { query: '{ \0 }' }, codes: ['GRAPHQL_PARSE_FAILED'] },
    'an unknown field': { body: { query: '{ x }' }, codes: ['GRAPHQL_VALIDATION_FAILED'] },
    'an unknown argument': {
      body: { query: '{ chatSession(id: "x", secret: 1) { id } }' },
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    },
    'an unknown type': {
      body: { query: '{ ... on Foo { __typename } }' },
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    },
    'fragments in a circle': {
      body: { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    },
    'a type definition': { body: { query: 'type A { a: Int }' }, codes: ['BAD_USER_INPUT'] },
    'no operation': { body: { query: 'fragment A on Query { __typename }' }, codes: ['BAD_USER_INPUT'] },
    'an operation that is not there': {
      body: { query: 'query A { __typename }', operationName: 'B' },
      codes: ['BAD_USER_INPUT'],
    },
    'an operation called __proto__': {
      body: { query: 'query A { __typename }', operationName: '__proto__' },
      codes: ['BAD_USER_INPUT'],
    },
    'two operations and no name': {
      body: { query: 'query A { __typename } query B { __typename }' },
      codes: ['BAD_USER_INPUT'],
    },
    'a subscription that is not there': {
      body: { query: 'subscription { x }' },
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    },
    'a list instead of a document': { body: { query: ['{ __typename }'] }, codes: ['BAD_REQUEST'] },
    'variables in a list': { body: { query: '{ __typename }', variables: [1] }, codes: ['BAD_REQUEST'] },
    'variables in a text': { body: { query: '{ __typename }', variables: '{}' }, codes: ['BAD_REQUEST'] },
    'a missing variable': {
      body: { query: create },
      codes: ['BAD_USER_INPUT'],
    },
    'null for a variable with a default': {
      body: { query: 'query ($id: ID = "x") { chatSession(id: $id) { id } }', variables: { id: null } },
      codes: ['BAD_USER_INPUT'],
    },
    'null inside an input, by a variable with a default': {
      body: {
        query: 'mutation ($id: ID = "x") { deleteChatSession(input: { id: $id }) { __typename } }',
        variables: { id: null },
      },
      codes: ['BAD_USER_INPUT'],
    },
    'null for a directive': {
      body: {
        query: 'query ($if: Boolean = true) { viewer { kind @include(if: $if) } }',
        variables: { if: null },
      },
      codes: ['BAD_USER_INPUT'],
    },
  };
  test.each(Object.entries(malformed))('are told apart: %s', async (_name, { body, codes }) => {
    const { errors, data, headers } = await app.as(newUser()).post(body);
    expect(codesOf(errors, headers.get('x-request-id'))).toEqual(codes);
    expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
  });

  // What it would show of a session doubles with each of its fragments. There is no such session.
  test('that mean more than they say cost what they find, where nothing limits them', async () => {
    const many = String(Number.MAX_SAFE_INTEGER);
    const unlimited = await start({ DEPTH_LIMIT: '100', ALIAS_LIMIT: many, COST_LIMIT: many });
    const levels = Array.from({ length: 40 }, (_, level) => {
      const next = `lastMessage { session { ...Level${level + 1} } }`;
      return `fragment Level${level} on ChatSession { a: ${next} b: ${next} }`;
    });
    const query = [
      `{ chatSession(id: "${randomUUID()}") { ...Level0 } }`,
      ...levels,
      'fragment Level40 on ChatSession { id }',
    ].join(' ');
    const { data, errors } = await unlimited.as(newUser()).post({ query });
    expect({ data, errors }).toEqual({ data: { chatSession: null }, errors: [] });
  });

  test('that name an argument wrongly say which, where only the execution can tell', async () => {
    const client = app.as(newUser());
    const byDefault = await client.post(malformed['null for a variable with a default']?.body);
    expect(byDefault.errors[0]?.extensions.path).toEqual(['id']);
    const inside = await client.post(malformed['null inside an input, by a variable with a default']?.body);
    expect(inside.errors[0]?.extensions.path).toEqual(['input']);
    const directive = await client.post(malformed['null for a directive']?.body);
    expect(directive.errors[0]?.extensions.path).toEqual(['if']);
  });
});

describe('variables', () => {
  test.each([
    ['JSON', withInput(`{"credentials":{"a":${listOfDepth(100_000)}}}`), ['input', 'credentials']],
    ['objects of JSON', withInput(`{"credentials":${objectOfDepth(100_000)}}`), ['input', 'credentials']],
    ['a list for JSON', withInput(`{"credentials":${listOfDepth(100_000)}}`), ['input', 'credentials']],
    ['a text', withInput(`{"title":${objectOfDepth(100_000)}}`), ['input', 'title']],
    ['an id', withInput(`{"id":${listOfDepth(100_000)}}`), ['input', 'id']],
    ['the input', withInput(listOfDepth(100_000)), ['input']],
    ['an unknown field', withInput(objectOfDepth(100_000)), ['input']],
  ])('100,000 levels deep are refused by their place: %s', async (_name, body, path) => {
    const { errors } = await app.as(newUser()).post(body);
    expect(codesOf(errors)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.extensions.path).toEqual(path);
  });

  test('100,000 levels deep that nothing asks for do no harm', async () => {
    const body = `{"query":"{ __typename }","variables":{"a":${listOfDepth(100_000)}}}`;
    expect((await app.as(newUser()).post(body)).data).toEqual({ __typename: 'Query' });
  });

  test('with a large value beside many mistakes are refused in few and short words', async () => {
    const input = {
      title: 'x'.repeat(7_000_000),
      ...Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, 1])),
    };
    const before = process.cpuUsage();
    const { errors } = await app.as(newUser()).post(withInput(JSON.stringify(input)));
    expect(new Set(codesOf(errors))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(errors.length).toBeLessThan(10);
    expect(errors[0]?.message).toMatch(/Field "f0" is not defined/);
    expect(cpuSince(before)).toBeLessThan(5_000);
  });

  test('with 100,000 bad messages are refused at the first', async () => {
    const query =
      'mutation ($input: AppendChatMessagesInput!) { appendChatMessages(input: $input) { __typename } }';
    const messages = Array<object>(100_000).fill({ role: 'USER', name: '\0', id: 'x' });
    const variables = { input: { sessionId: randomUUID(), messages } };
    const { errors } = await app.as(newUser()).post({ query, variables });
    expect(codesOf(errors)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.extensions.path?.slice(0, 2)).toEqual(['input', 'messages']);
  });

  test.each([
    [
      '__proto__ of the variables',
      `{"query":${JSON.stringify(create)},"variables":{"__proto__":{"input":{}}}}`,
    ],
    ['__proto__ of the input', withInput('{"__proto__":{"title":"x"}}')],
    ['constructor of the input', withInput('{"constructor":{"prototype":{"title":"x"}}}')],
  ])('reach nothing through %s', async (_name, body) => {
    const { errors } = await app.as(newUser()).post(body);
    expect(codesOf(errors)).toEqual(['BAD_USER_INPUT']);
    expect(({} as Record<string, unknown>)['title']).toBeUndefined();
  });
});

/** JSON of what is stored as credentials. */
async function storedText(id: string): Promise<string> {
  return JSON.stringify(decrypted(id, await storedCredentials(app.database.sql, id)));
}

describe('names that JavaScript knows', () => {
  const value =
    '{"a":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},"toJSON":"x"}';
  // Without the one that the maps of a session may not have.
  const ofMap = value.replace('"__proto__"', '"proto"');

  test('are kept in an update, or refused', async () => {
    const client = app.as(newUser());
    const id = randomUUID();
    await client.post(withInput(`{"id":"${id}"}`));
    const query =
      'mutation ($input: UpdateChatSessionInput!) { updateChatSession(input: $input) { ... on UpdateChatSessionSuccess { chatSession { credentials } } } }';
    await client.post(
      `{"query":${JSON.stringify(query)},"variables":{"input":{"id":"${id}","credentials":${ofMap}}}}`,
    );
    expect(await storedText(id)).toBe(ofMap);
    const { errors } = await client.post(
      `{"query":${JSON.stringify(query)},"variables":{"input":{"id":"${id}","credentials":${value}}}}`,
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', path: ['input', 'credentials', 'a', '__proto__'] } },
    ]);
    expect(await storedText(id)).toBe(ofMap);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('are kept in a message', async () => {
    const client = app.as(newUser());
    const id = randomUUID();
    await client.post(withInput(`{"id":"${id}"}`));
    const query =
      'mutation ($input: AppendChatMessageInput!) { appendChatMessage(input: $input) { ... on AppendChatMessageSuccess { chatMessage { functionCall } } } }';
    await client.post(
      `{"query":${JSON.stringify(query)},"variables":{"input":{"sessionId":"${id}","message":{"role":"USER","functionCall":${value}}}}}`,
    );
    const { rows } = await app.database.sql.query<{ text: string }>(
      'SELECT "functionCall"::text AS text FROM "ChatMessage" WHERE "sessionId" = $1',
      [id],
    );
    expect(rows).toEqual([{ text: value }]);
  });

  test('are kept in a new session, or refused', async () => {
    const id = randomUUID();
    const client = app.as(newUser());
    const { errors } = await client.post(withInput(`{"id":"${id}","credentials":${value}}`));
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', path: ['input', 'credentials', 'a', '__proto__'] } },
    ]);
    await client.post(withInput(`{"id":"${id}","credentials":${ofMap}}`));
    expect(await storedText(id)).toBe(ofMap);
  });
});

test('the server is as well as before', async () => {
  expect((await fetch(`${app.origin}/ready`)).status).toBe(200);
  const faults = app.log.filter(({ level }) => level === 'error' || level === 'fatal');
  expect(faults).toEqual([]);
});
