import { beforeAll, describe, expect, test } from '@jest/globals';
import { Random } from '../support/chaos/random.js';
import { jsonText } from '../support/json-text.js';
import { createSession } from '../support/ledger.js';
import { literal, rawText, Raw } from '../support/literal.js';
import { beginSocket } from '../support/socket.js';
import { jsonAround } from '../support/random-json.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';

// JSON is stored as it was written, in variables and in the document, or it is refused with the path of what is wrong.

const seed = Number(process.env['SEED'] ?? Date.now());

/** Cases of each family that is made up. */
const wanted = Number(process.env['CASES'] ?? 60);

let apps: { app: TestApp; id: string }[];
const owner = newUser();
const start = startsTestApps();
beforeAll(async () => {
  apps = await Promise.all(
    [true, false].map(async (lean) => {
      const app = await start({}, lean);
      return { app, id: (await createSession(app.as(owner))).id };
    }),
  );
});

interface Sent {
  /** The value of `functionCall` in the document. */
  readonly value: string;
  readonly definitions?: string;
  /** JSON of the variables. */
  readonly variables?: string;
}

/** What comes back of a message with this `functionCall`: its JSON as text, or the error. The same on both ways. */
async function stored({ value, definitions = '', variables = '{}' }: Sent): Promise<unknown> {
  const answers = await Promise.all(
    apps.map(async ({ app, id }) => {
      const query = `mutation ${definitions} {
        appendChatMessage(input: { sessionId: "${id}", message: { role: ASSISTANT, functionCall: ${value} } }) {
          ... on AppendChatMessageSuccess { chatMessage { functionCall } }
        }
      }`;
      const response = await fetch(app.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': owner, 'x-request-id': 'the-same' },
        body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
      });
      return jsonText(await response.text());
    }),
  );
  expect(answers[0]).toBe(answers[1]);
  const [answer = ''] = answers;
  const shown = /^\{"data":\{"appendChatMessage":\{"chatMessage":\{"functionCall":(.*)\}\}\}\}$/s.exec(
    answer,
  );
  if (shown) return shown[1];
  const { errors } = JSON.parse(answer) as {
    errors: { message: string; extensions: { code: string; path?: unknown } }[];
  };
  expect(errors).toHaveLength(1);
  return { code: errors[0]?.extensions.code, path: errors[0]?.extensions.path, message: errors[0]?.message };
}

const refused = (path: readonly unknown[], message: unknown = expect.any(String)) => ({
  code: expect.stringMatching(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/),
  path,
  message,
});
const inDocument = ['input', 'message', 'functionCall'];

describe('literals', () => {
  test('made-up JSON comes back as it was written', async () => {
    const random = new Random(seed);
    for (let n = 0; n < wanted; n += 1) {
      const { json } = jsonAround(n, random);
      const value = literal(json);
      expect({ seed, value, stored: await stored({ value }) }).toEqual({
        seed,
        value,
        stored: JSON.stringify(json),
      });
    }
  });

  test.each([
    ['1.0 as 1, and 1e2 as 100', '{ a: 1.0, b: 1e2, c: -0, d: -0.0 }', '{"a":1,"b":100,"c":0,"d":0}'],
    ['a block string', '{ a: """\n  x\n  """ }', '{"a":"x"}'],
    ['an empty object', '{}', '{}'],
  ])('%s', async (_what, value, shown) => {
    expect(await stored({ value })).toBe(shown);
  });

  test('a bare word is refused where it stands', async () => {
    const random = new Random(seed);
    for (let n = 0; n < wanted; n += 1) {
      const { json, path } = jsonAround(
        new Raw(random.pick(['FOO', 'USER', 'undefined', 'NaN', 'on'])),
        random,
      );
      const value = literal(json);
      expect({ seed, value, stored: await stored({ value }) }).toEqual({
        seed,
        value,
        stored: refused([...inDocument, ...path]),
      });
    }
  });

  test.each([
    ['a key that comes twice', '{ a: 1, a: 2 }', [...inDocument, 'a']],
    ['a bare word', 'FOO', inDocument],
    ['a list', '[{}]', inDocument],
    ['a list of bare words', '[FOO]', inDocument],
    ['a string of JSON', '"{}"', inDocument],
  ])('%s is refused', async (_what, value, path) => {
    expect(await stored({ value })).toEqual(refused(path));
  });

  test('so is one in the default of a variable', async () => {
    const definitions = '($call: JSONObject = { a: [FOO] })';
    expect(await stored({ value: '$call', definitions })).toEqual(refused(['call', 'a', 0]));
  });
});

describe('variables inside a literal', () => {
  test.each([
    ['String', '"x"', '"x"'],
    ['String!', '"USER"', '"USER"'],
    ['Int', '3', '3'],
    ['Float', '1.5', '1.5'],
    ['Boolean', 'false', 'false'],
    ['ID', '7', '"7"'],
    ['JSONObject', '{"b":1,"__proto__":[{"10":1,"a":2}]}', '{"b":1,"__proto__":[{"10":1,"a":2}]}'],
    ['[Int!]', '[1,2]', '[1,2]'],
    ['[Int!]', '1', '[1]'],
    ['[JSONObject!]!', '[{"a":1}]', '[{"a":1}]'],
    ['String', 'null', 'null'],
    ['[String]', '[null]', '[null]'],
    ['JSONObject', 'null', 'null'],
  ])('of type %s with the value %s', async (type, given, shown) => {
    const sent = { definitions: `($v: ${type})`, variables: `{"v":${given}}` };
    expect(await stored({ ...sent, value: '{ r: $v, l: [$v, { o: $v }] }' })).toBe(
      `{"r":${shown},"l":[${shown},{"o":${shown}}]}`,
    );
  });

  test('a default stands for what is absent, and not for null', async () => {
    const sent = { definitions: '($v: Int = 5)', value: '{ r: $v }' };
    expect(await stored(sent)).toBe('{"r":5}');
    expect(await stored({ ...sent, variables: '{"v":null}' })).toBe('{"r":null}');
    expect(await stored({ ...sent, variables: '{"v":6}' })).toBe('{"r":6}');
  });

  test.each(['v', 'constructor', '__proto__', 'toString'])(
    'what is absent is left out, in a list null: $%s',
    async (name) => {
      const sent = { definitions: `($${name}: String)`, value: `{ r: $${name}, l: [1, $${name}], s: 2 }` };
      expect(await stored(sent)).toBe('{"l":[1,null],"s":2}');
    },
  );

  test('through a fragment', async () => {
    for (const { app, id } of apps) {
      const query = `mutation ($v: Int, $role: ChatMessageRole) { ...Append }
        fragment Append on Mutation {
          appendChatMessage(input: { sessionId: "${id}", message: { role: USER, functionCall: { r: $v, s: [$role] } } }) { __typename }
        }`;
      const { errors } = await app.as(owner).post({ query });
      expect(errors).toHaveLength(1);
      expect(errors[0]?.extensions.path).toEqual([...inDocument, 's', 0]);
    }
  });

  test.each([
    ['ChatMessageRole', '"USER"'],
    ['ChatMessageRole! = USER', '"USER"'],
    ['[ChatMessageRole!]', '["USER"]'],
    ['ChatMessageInput', '{"role":"USER"}'],
    ['DateTime', '"2026-01-01T00:00:00Z"'],
  ])('of type %s is refused', async (type, given) => {
    const random = new Random(seed);
    for (let n = 0; n < 5; n += 1) {
      const { json, path } = jsonAround(new Raw('$v'), random);
      const sent = { definitions: `($v: ${type})`, variables: `{"v":${given}}`, value: literal(json) };
      expect(await stored(sent)).toEqual(
        refused([...inDocument, ...path], expect.stringContaining('$v is of type')),
      );
    }
  });
});

describe('numbers', () => {
  const kept = [
    ['9007199254740991', '9007199254740991'],
    ['-9007199254740992', '-9007199254740992'],
    ['9007199254740994', '9007199254740994'],
    ['12345678901234567000', '12345678901234567000'],
    ['100000000000000000000000', '1e+23'],
    ['1.5E+300', '1.5e+300'],
    ['1e300', '1e+300'],
    ['2512292042121000000.0', '2512292042121000000'],
    ['0.1', '0.1'],
    ['0.30000000000000004', '0.30000000000000004'],
    // Decimals are rounded.
    ['3.14159265358979323846', '3.141592653589793'],
    ['123456789012345678e-5', '1234567890123.4568'],
    ['0.0e-999', '0'],
    ['5e-324', '5e-324'],
  ] as const;
  const changed = [
    '2512292042121000001',
    '-2512292042121000001',
    '9007199254740993',
    '-9007199254740993',
    '9007199254740993.0',
    '90071992547409930e-1',
    '900719925474099.3e1',
    '9007199254740992.5',
    '18446744073709551615',
    // A double, but JavaScript writes it as 18446744073709552000.
    '18446744073709551616',
    '1e400',
    '-1E400',
    '1e-400',
    `-0.${'0'.repeat(400)}1`,
    `1${'0'.repeat(400)}`,
    `1${'0'.repeat(30)}1`,
  ];

  test.each(kept)('%s is stored as %s', async (number, shown) => {
    expect(await stored({ value: `{ n: ${number} }` })).toBe(`{"n":${shown}}`);
    const sent = { definitions: '($v: JSONObject)', value: '$v', variables: `{"v":{"n":${number}}}` };
    expect(await stored(sent)).toBe(`{"n":${shown}}`);
  });

  test.each(changed)('%s is refused', async (number) => {
    const random = new Random(seed);
    for (let n = 0; n < 3; n += 1) {
      const { json, path } = jsonAround(new Raw(number), random);
      expect(await stored({ value: literal(json) })).toEqual(refused([...inDocument, ...path]));
      for (const text of [rawText(json), rawText(json, 2)]) {
        const sent = {
          definitions: '($v: JSONObject)',
          value: '$v',
          variables: `{"x":"1e400,", "v" : ${text}}`,
        };
        expect(await stored(sent)).toEqual(refused(['v', ...path]));
      }
      const inside = {
        definitions: '($v: JSONObject)',
        value: '{ a: [$v] }',
        variables: `{"v":${rawText(json)}}`,
      };
      expect(await stored(inside)).toEqual(refused(['v', ...path]));
    }
  });

  test('digits in text are text', async () => {
    const text = '[2512292042121000001, 1e400] "quoted" \\\\';
    expect(await stored({ value: `{ n: ${JSON.stringify(text)} }` })).toBe(JSON.stringify({ n: text }));
    const variables = JSON.stringify({ v: { [text]: text, n: 1e300 } });
    expect(await stored({ definitions: '($v: JSONObject)', value: '$v', variables })).toBe(
      `{${JSON.stringify(text)}:${JSON.stringify(text)},"n":1e+300}`,
    );
  });

  test('so is one for an id, whatever brings it', async () => {
    for (const { app } of apps) {
      const query = 'query ($user: ID) { chatSessions(userId: $user) { totalCount } }';
      const variables = '{"user":2512292042121000001}';
      const headers = { 'content-type': 'application/json' };
      const posted = await fetch(app.url, {
        method: 'POST',
        headers,
        body: `{"query":"${query}","variables":${variables}}`,
      });
      const asked = await fetch(`${app.url}?${new URLSearchParams({ query, variables }).toString()}`);
      const watched = await fetch(app.url, {
        method: 'POST',
        headers: { ...headers, accept: 'text/event-stream' },
        body: `{"query":"subscription ($user: ID) { userChatSessionChanges(userId: $user) { cursor } }","variables":${variables}}`,
      });
      const socket = await beginSocket(app.url, {});
      socket.send(`{"id":"1","type":"subscribe","payload":{"query":"${query}","variables":${variables}}}`);
      expect(await socket.next()).toMatchObject({
        type: 'next',
        payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['user'] } }] },
      });
      socket.socket.close();
      for (const response of [posted, asked, watched])
        expect(await response.text()).toMatch(/"code":"BAD_USER_INPUT".*"path":\["user"\]/);
      // What is no variable is nobody's input.
      const beside = await fetch(app.url, {
        method: 'POST',
        headers,
        body: `{"query":"{ __typename }","extensions":{"a":2512292042121000001}}`,
      });
      expect(await beside.json()).toEqual({ data: { __typename: 'Query' } });
    }
  });
});
