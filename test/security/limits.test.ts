import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { codesOf } from '../support/coded-errors.js';
import { appended, createSession, fromUser, numbers } from '../support/ledger.js';
import { Raw } from '../support/literal.js';
import { newUser, startsTestApps, type TestApp, useTestApp } from '../support/test-app.js';
import {
  batch,
  create,
  message,
  messages,
  nested,
  sessionId,
  sessions,
  throughLiterals,
  throughVariables,
  update,
  user,
} from './calls.js';

const app = useTestApp();

describe('what stands just inside the limits', () => {
  const inside: Record<string, { field: string; args: object; as?: 'service' }> = {
    'content of 1,000,000 bytes': message({ content: 'x'.repeat(1_000_000) }),
    'content of 1,000,000 bytes in multi-byte characters': message({
      content: `${'\u20ac'.repeat(333_333)}x`,
    }),
    'empty texts': message({ content: '', name: '', refusal: '' }),
    'a character beyond 16 bits': message({ content: '\u{1f600}', name: '\u{1f600}' }),
    'control characters other than NUL': message({ content: '\u0001\u001f\u007f\u0085\u2028\ufeff\uffff' }),
    'a name of 500 characters': message({ name: 'x'.repeat(500) }),
    'a toolCallId of 500 characters': message({ role: new Raw('TOOL'), toolCallId: 'x'.repeat(500) }),
    'a title of 500 characters': create({ title: 'x'.repeat(500) }),
    'a user of 500 characters': { ...create({ userId: 'x'.repeat(500) }), as: 'service' },
    'an id in capital letters': create({ id: randomUUID().toUpperCase() }),
    '500 messages': batch(Array<object>(500).fill(user)),
    '1000 ids': { field: 'nodes', args: { ids: Array<string>(1_000).fill(sessionId) } },
    '1000 messages': messages({ first: 1_000 }),
    'no messages': messages({ last: 0 }),
    '1000 sessions': sessions({ last: 1_000 }),
    'an offset of 10,000': sessions({ first: 1, offset: 10_000 }),
    'tokens up to 2^31 - 1': update({ totalCompletionTokens: 2_147_483_647 }),
    'JSON of 256,000 bytes': update({ credentials: { a: 'x'.repeat(256_000 - 8) } }),
    'JSON 100 levels deep': create({ credentials: nested(100) }),
    'the largest double': create({ successfulAgentRuns: { a: 1.7976931348623157e308, b: 5e-324, c: -0 } }),
    'JSON with names that JavaScript knows': message({
      functionCall: { constructor: 1, toString: 'x', toJSON: 1, hasOwnProperty: null, then: {} },
    }),
    'a chosen sequence of 1,000,000,000': {
      field: 'appendChatMessage',
      args: { input: { sessionId: '', sequence: 1_000_000_000, message: user } },
    },
  };

  test.each(Object.entries(inside))('%s', async (_name, { field, args, as }) => {
    const name = newUser();
    const id = randomUUID();
    const client = app.as(as === 'service' ? undefined : name);
    await app
      .as(name)
      .post({ query: `mutation { createChatSession(input: { id: "${id}" }) { __typename } }` });
    const good = { field, args: JSON.parse(JSON.stringify(args)) as Record<string, unknown>, path: [] };
    for (const bodyOf of [throughVariables, throughLiterals]) {
      const own = { ...good, args: owned(args, id) };
      const text = bodyOf(own).replaceAll(sessionId, id);
      const { errors, data } = await client.post(text);
      expect(errors).toEqual([]);
      const [answer] = Object.values(data ?? {}) as ({ __typename?: string } | null)[];
      expect(answer).not.toBeNull();
      expect(answer?.__typename ?? '').not.toMatch(/Error$/);
      // The second way would find the place taken.
      if (field === 'appendChatMessage' && JSON.stringify(args).includes('"sequence"')) break;
    }
  });

  function owned(args: object, id: string): Record<string, unknown> {
    const { input, ...rest } = args as { input?: { sessionId?: string } };
    return input?.sessionId === ''
      ? { input: { ...input, sessionId: id } }
      : { ...rest, ...(input ? { input } : {}) };
  }
});

const start = startsTestApps();

const spread = (levels: number, level: (n: number) => string, last: string) =>
  [...numbers(levels).map((n) => `fragment F${n} on ${level(n)}`), `fragment F${levels} on ${last}`].join(
    ' ',
  );
const deep = (levels: number) =>
  `{ chatSession(id: "${sessionId}") ${'{ lastMessage { session '.repeat(levels)}{ id }${' } }'.repeat(levels)} }`;
const aliases = (count: number) =>
  `{ ${numbers(count)
    .map((n) => `a${n}: __typename`)
    .join(' ')} }`;
const directives = (count: number) => `{ ${'__typename @include(if: true) '.repeat(count)}}`;
const nestedPages =
  'query ($sessions: Int, $messages: Int) { chatSessions(first: $sessions) { nodes { messages(last: $messages) { nodes { id } } } } }';

describe.each([
  ['the fast path', true],
  ['Yoga', false],
])('%s refuses, with a code and a count,', (_way, lean) => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await start({}, lean);
  });

  const tooComplex: Record<string, [query: string, message: RegExp, variables?: object]> = {
    '17 levels': [
      deep(7).replace('{ id }', '{ lastMessage { id } }'),
      /^The document is 17 levels of fields deep\. 16 are allowed\.$/,
    ],
    '20,000 levels': ['{a'.repeat(20_000) + '}'.repeat(20_000), /too large or nested too deeply/],
    'fragments of 22 levels': [
      `{ chatSession(id: "x") { ...F0 } } ${spread(10, (n) => `ChatSession { lastMessage { session { ...F${n + 1} } } }`, 'ChatSession { id }')}`,
      /^The document is 22 levels of fields deep/,
    ],
    'fragments that double at 40 levels': [
      `{ ...F0 } ${spread(40, (n) => `Query { ...F${n + 1} ...F${n + 1} }`, 'Query { a: __typename }')}`,
      /^The document has 1099511627776 aliases in all, with its fragments wherever they are spread\. 100 are allowed\.$/,
    ],
    'fragments that double at 500 levels': [
      `{ ...F0 } ${spread(500, (n) => `Query { ...F${n + 1} ...F${n + 1} }`, 'Query { a: __typename }')}`,
      /^The document has more than 1000000000000000 aliases/,
    ],
    '6,000 fragments, each inside another': [
      `{ ...F0 } ${spread(5_999, (n) => `Query { ...F${n + 1} }`, 'Query { __typename }')}`,
      /too large or nested too deeply/,
    ],
    'a field in fragments that double at 40 levels': [
      `{ ...F0 } ${spread(40, (n) => `Query { ...F${n + 1} ...F${n + 1} }`, 'Query { viewer { kind } }')}`,
      /^The operation may cost 1099511627777 with these variables\. 50000 are allowed/,
    ],
    '101 aliases': [aliases(101), /^The document has 101 aliases .* 100 are allowed\.$/],
    '101 aliases, one in a fragment that is spread twice': [
      `${aliases(99).slice(0, -1)} ...F ...F } fragment F on Query { b: __typename }`,
      /^The document has 101 aliases/,
    ],
    '500 directives': [directives(500), /^The document has 500 directives .* 50 are allowed\.$/],
    '500 directives that there are not': [
      `{ __typename ${'@x '.repeat(500)}}`,
      /^The document has 500 directives/,
    ],
    '60 directives of variables': [
      `query ($a: Int ${'@x '.repeat(60)}) { __typename }`,
      /^The document has 60 directives/,
    ],
    '20,000 equal fields': [`{ ${'__typename '.repeat(20_000)} }`, /too large or nested too deeply/],
    '50,000 tokens': [`{ ${'__typename '.repeat(50_000)} }`, /^The document has more than 50000 tokens\./],
    '500 x 500 nodes': [
      nestedPages,
      /^The operation may cost 251002 with these variables\. 50000 are allowed/,
      { sessions: 500, messages: 500 },
    ],
    '1,000 x the default page': [nestedPages, /may cost 102002 /, { sessions: 1_000 }],
    'the default page x 1,000, when null is given': [
      nestedPages,
      /may cost 50102 /,
      { sessions: null, messages: 1_000 },
    ],
    'more than a page may have': [nestedPages, /may cost 1002002 /, { sessions: 1e9, messages: 1_001 }],
    '100 aliases of the same list': [
      `{ ${numbers(100)
        .map((n) => `a${n}: chatSessions(first: 1000) { nodes { id } }`)
        .join(' ')} }`,
      /may cost 100101 /,
    ],
    '100 batches': [
      `mutation ($input: AppendChatMessagesInput!) { ${numbers(100)
        .map((n) => `a${n}: appendChatMessages(input: $input) { __typename }`)
        .join(' ')} }`,
      /may cost 502901 /,
      { input: { sessionId, messages: Array<object>(500).fill({ role: 'USER' }) } },
    ],
  };

  test.each(Object.entries(tooComplex))('%s', async (_name, [query, message, variables = {}]) => {
    const { result, statements } = await limited.countingStatements(() =>
      limited.as(newUser()).post({ query, variables }),
    );
    expect(codesOf(result.errors, result.headers.get('x-request-id'))).toEqual(['QUERY_TOO_COMPLEX']);
    expect(result.errors[0]?.message).toMatch(message);
    expect(result.data).toBeUndefined();
    expect(result.status).toBe(200);
    expect(statements).toEqual([]);
  });

  test('a subscription too', async () => {
    const selection = `... on ChatSessionUpdated { chatSession { ${numbers(60)
      .map((n) => `a${n}: messages(first: 1000) { nodes { id } }`)
      .join(' ')} } }`;
    const query = `subscription { chatSessionChanges(sessionId: "${randomUUID()}") { ${selection} } }`;
    const { errors } = await limited.as(newUser()).post({ query }, { accept: 'text/event-stream' });
    expect(codesOf(errors)).toEqual(['QUERY_TOO_COMPLEX']);
  });

  test('and with status 400 where the client knows what that means', async () => {
    const accept = { accept: 'application/graphql-response+json' };
    const answers = [
      await limited.as(newUser()).post({ query: aliases(101) }, accept),
      await limited.as(newUser()).post({ query: nestedPages, variables: { sessions: 1_000 } }, accept),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });

  test('and fragments inside one another, however many, do not end the stack', async () => {
    const kinds = [
      (count: number) =>
        `{ ...F0 } ${spread(count, (n) => `Query { ...F${n + 1} }`, 'Query { viewer { kind } }')}`,
      (count: number) => `{ ${'... { '.repeat(count)} viewer { kind } ${'} '.repeat(count)} }`,
    ];
    const found = new Set<string>();
    for (const kind of kinds) {
      for (const count of [100, 700, 1_300, 2_000, 3_000, 5_000]) {
        const { data, errors } = await limited.as(newUser()).post({ query: kind(count) });
        found.add(data ? 'answered' : codesOf(errors).join());
      }
    }
    expect([...found].sort()).toEqual(['QUERY_TOO_COMPLEX', 'answered']);
  });

  const inside: Record<string, string> = {
    '16 levels': deep(7),
    '100 aliases': aliases(100),
    '50 directives': directives(50),
    'the question of GraphiQL about the schema': getIntrospectionQuery({
      inputValueDeprecation: true,
      oneOf: true,
    }),
    'the same fields in fragments that double at 5 levels': `{ ...F0 } ${spread(5, (n) => `Query { ...F${n + 1} ...F${n + 1} }`, 'Query { viewer { kind } }')}`,
    '100 sessions with 100 messages each':
      '{ chatSessions(first: 100) { nodes { messages(last: 100) { nodes { id } pageInfo { hasNextPage } } } } }',
    '50 sessions with 900 messages each':
      '{ chatSessions { nodes { messages(first: 900) { nodes { id } } } } }',
  };
  test.each(Object.entries(inside))('but not %s', async (_name, query) => {
    const { errors, data } = await limited.as(newUser()).post({ query });
    expect(errors).toEqual([]);
    expect(data).toBeDefined();
  });
});

describe('the limits of the configuration', () => {
  let small: TestApp[];
  beforeAll(async () => {
    const environment = {
      TOKEN_LIMIT: '100',
      DEPTH_LIMIT: '2',
      ALIAS_LIMIT: '0',
      DIRECTIVE_LIMIT: '1',
      COST_LIMIT: '4',
    };
    small = [await start(environment, true), await start(environment, false)];
  });
  test.each([
    ['{ viewer { kind } }', undefined],
    ['{ chatSession(id: "x") { lastMessage { id } } }', /is 3 levels of fields deep\. 2 are allowed/],
    ['{ a: __typename }', /has 1 aliases .* 0 are allowed/],
    [directives(1), undefined],
    [directives(2), /has 2 directives .* 1 are allowed/],
    ['{ nodes(ids: ["x", "x", "x"]) { __typename } }', undefined],
    ['{ nodes(ids: ["x", "x", "x", "x"]) { __typename } }', /may cost 5 .* 4 are allowed/],
    [`{ ${'__typename '.repeat(100)} }`, /more than 100 tokens/],
  ])('count: %s', async (query, message) => {
    for (const each of small) {
      const { errors } = await each.as(newUser()).post({ query });
      const refused = errors.filter(({ extensions }) => extensions.code === 'QUERY_TOO_COMPLEX');
      expect(refused.map((error) => error.message)).toEqual(message ? [expect.stringMatching(message)] : []);
    }
  });
});

describe('what a request costs', () => {
  let apps: TestApp[];
  beforeAll(async () => {
    apps = [await start({}, true), await start({}, false)];
  });

  /** The answers on both ways, which are the same. */
  async function answersTo(body: object, seed = false): Promise<Record<string, unknown>> {
    const answers = [];
    for (const each of apps) {
      const client = newUser();
      if (seed) {
        for (const n of numbers(3)) {
          const { id } = await createSession(each.as(client));
          await appended(each.as(client), id, fromUser(...numbers(n + 1).map(String)));
        }
      }
      const response = await fetch(each.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': client, 'x-request-id': 'the-same' },
        body: JSON.stringify(body),
      });
      answers.push((await response.json()) as Record<string, unknown>);
    }
    expect(answers[1]).toEqual(answers[0]);
    return answers[0] ?? {};
  }
  const asked = { extensions: { cost: true } };

  test.each<[object, number]>([
    [{ query: '{ viewer { kind } }' }, 2],
    [{ query: nestedPages }, 2 + 50 * 102],
    [{ query: nestedPages, variables: { sessions: 3, messages: 0 } }, 2 + 3 * 2],
    [{ query: 'query A { __typename } query B { viewer { kind } }', operationName: 'B' }, 2],
    [{ query: 'mutation { createChatSession(input: { id: "x" }) { __typename } }' }, 2],
    [{ query: '{ __schema { queryType { name } } }' }, 1_001],
  ])('is told to whoever asks for it: %j', async (body, cost) => {
    expect((await answersTo({ ...body, ...asked }))['extensions']).toEqual({ cost });
  });

  test('is told beside what was read in parts', async () => {
    const query = '{ chatSessions { nodes { title messages { nodes { content } } } } }';
    const { data, extensions } = await answersTo({ query, ...asked }, true);
    expect(extensions).toEqual({ cost: 2 + 50 * 102 });
    expect(JSON.stringify(data)).toContain('"content":"1"');
  });

  test('is told to whoever is refused for it, and beside other errors', async () => {
    const refused = await answersTo({ query: nestedPages, variables: { sessions: 1_000 }, ...asked });
    expect(refused).toMatchObject({ extensions: { cost: 102_002 }, errors: [{}] });
    const bad = await answersTo({ query: '{ chatSessions(first: -1) { nodes { id } } }', ...asked });
    expect(bad).toMatchObject({ extensions: { cost: 2 }, errors: [{}] });
  });

  test.each([
    [{}],
    [{ extensions: {} }],
    [{ extensions: { cost: 'true' } }],
    [{ extensions: { cost: 1 } }],
    [{ extensions: null }],
  ])('is told to nobody else: %j', async (more) => {
    expect(await answersTo({ query: '{ __typename }', ...more })).toEqual({ data: { __typename: 'Query' } });
  });

  test('is told in answers to GET too', async () => {
    const parameters = new URLSearchParams({ query: '{ viewer { kind } }', extensions: '{"cost":true}' });
    const response = await fetch(`${apps[0]?.url ?? ''}?${parameters.toString()}`, {
      headers: { 'x-user-id': newUser() },
    });
    expect(await response.json()).toEqual({ data: { viewer: { kind: 'USER' } }, extensions: { cost: 2 } });
  });
});
