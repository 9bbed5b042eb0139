import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newUser } from '../support/test-app.js';
import { line, openTransferStage, textsOf, type TransferStage } from '../support/transfer.js';

let stage: TransferStage;
beforeAll(async () => {
  stage = await openTransferStage();
});
afterAll(() => stage.close());

/** JSON of a message of the user, with other fields. */
const message = (fields: object) => JSON.stringify({ role: 'user', content: 'x', ...fields });
const call = (json: string) => `{"role":"assistant","content":null,"tool_calls":[${json}]}`;
/** A conversation whose third message is bad. */
const third = (json: string) => `{"messages":[${message({})},${message({})},${json}]}`;

let nested = '{}';
for (let depth = 0; depth < 200; depth += 1) nested = `{"a":${nested}}`;

const bad: readonly [string, string | Buffer, string | RegExp][] = [
  [
    'a text of 1.2 MB',
    third(message({ content: 'x'.repeat(1_200_000) })),
    /messages\.2\.content: Must be 1000000 bytes/,
  ],
  [
    'a refusal of 1.2 MB',
    third(message({ refusal: 'é'.repeat(600_000) })),
    /messages\.2\.refusal: Must be 1000000 bytes/,
  ],
  ['a lone surrogate', third('{"role":"user","content":"a\\ud800"}'), /messages\.2\.content: .*surrogate/],
  ['a lone surrogate in a name', third('{"role":"user","name":"\\udc00"}'), /messages\.2\.name: .*surrogate/],
  ['a lone surrogate in a call', third(call('{"a":"\\ud800"}')), /messages\.2\.tool_calls: .*surrogate/],
  ['NUL', third('{"role":"user","content":"a\\u0000"}'), /messages\.2\.content: .*NUL/],
  ['NUL in a key of a call', third(call('{"a\\u0000":1}')), /messages\.2\.tool_calls: .*NUL/],
  [
    'a long tool call id',
    third(`{"role":"tool","tool_call_id":"${'c'.repeat(5_000)}"}`),
    /messages\.2\.tool_call_id: /,
  ],
  [
    'too many calls',
    third(call(`{"a":"${'x'.repeat(300_000)}"}`)),
    /messages\.2\.tool_calls: Must be 256000 bytes/,
  ],
  ['a call that is too deep', third(call(nested)), /messages\.2\.tool_calls: .*nested/],
  ['an integer beyond doubles', third(call('{"n":2512292042121000001}')), 'messages.2.tool_calls.0.n: '],
  [
    'a number beyond doubles',
    third(call('{"s":"\\"1e9","n":[1, -1e400]}')),
    /messages\.2\.tool_calls.*: .*beyond the range of a double/,
  ],
  [
    'a number below doubles',
    third('{"role":"user","function_call":{"n":1e-999}}'),
    'messages.2.function_call.n: ',
  ],
  ['no role', third('{"content":"x"}'), 'messages.2.role: '],
  ['an unknown role', third('{"role":"critic"}'), 'messages.2.role: '],
  [
    'content in parts',
    third('{"role":"user","content":[{"type":"text"}]}'),
    'messages.2.content: must be text',
  ],
  ['a number for a text', third('{"role":"user","content":7}'), 'messages.2.content: must be text'],
  [
    'a field without a place',
    third(message({ audio: { id: 'a' } })),
    'messages.2: Unrecognized key: "audio"',
  ],
  ['a status of another', third(message({ status: 'failed' })), 'messages.2.status: '],
  ['a message that is no object', third('"hello"'), 'messages.2: '],
  ['no messages', '{"messages":[]}', 'messages: must have at least one message'],
  ['messages that are none', '{"messages":{}}', 'messages: must be a list'],
  ['no list of messages', '{"id":"x"}', 'messages: must be a list'],
  ['a title that is too long', `{"title":"${'t'.repeat(5_000)}","messages":[${message({})}]}`, 'title: '],
  ['a title that is no text', `{"title":["t"],"messages":[${message({})}]}`, 'title: '],
  ['an id that is no text', `{"id":{},"messages":[${message({})}]}`, 'id: must be text'],
  ['half a line', '{"messages": [', 'not a JSON object with messages'],
  ['two values', '{"messages":[]} {"messages":[]}', 'not a JSON object with messages'],
  ['a list', '[1]', 'not a JSON object with messages'],
  ['bytes that are not UTF-8', Buffer.from(line('latin', 'caf\xe9'), 'latin1'), 'not UTF-8'],
  ['an overlong form', Buffer.from(line('overlong', '\xc0\x80'), 'latin1'), 'not UTF-8'],
  ['a surrogate in UTF-8', Buffer.from(line('surrogate', '\xed\xa0\x80'), 'latin1'), 'not UTF-8'],
];

test('every line is stored or named, whatever is wrong with others, and no session is left empty', async () => {
  const user = newUser();
  const lines = bad.flatMap(([title, content], index) => [
    Buffer.from(line(`good ${index}`, `before ${title}`, 'and more')),
    Buffer.from('\n'),
    Buffer.from(content),
    Buffer.from('\n'),
  ]);
  const file = await stage.file('mixed.jsonl', Buffer.concat(lines));

  const first = await stage.import(file, user);
  const told = first.stderr.trimEnd().split('\n');
  for (const [index, [, , problem]] of bad.entries()) {
    const start = `line ${index * 2 + 2}: `;
    const rest = told[index]?.slice(start.length) ?? '';
    expect(told[index]?.slice(0, start.length)).toBe(start);
    if (typeof problem === 'string') expect(rest.slice(0, problem.length)).toBe(problem);
    else expect(rest).toMatch(problem);
  }
  expect(told.slice(bad.length)).toEqual([
    `${bad.length} conversations: ${bad.length * 2} messages added, 0 were there already. ` +
      `Not everything could be stored: ${bad.length} failed.`,
  ]);
  expect(first).toMatchObject({ code: 1, stdout: '' });
  const stored = await stage.stored(user);
  expect(textsOf(stored)).toEqual(bad.map(([title]) => [`before ${title}`, 'and more']));

  const second = await stage.import(file, user);
  expect(second.stderr).toContain(`: 0 messages added, ${bad.length * 2} were there already.`);
  expect(second.code).toBe(1);
  expect(await stage.stored(user)).toEqual(stored);
});

test('what is lost with a field that is empty is nothing', async () => {
  const user = newUser();
  const fields = { annotations: [], audio: null, function_call: null, refusal: null, reasoning_content: '' };
  const messages = [
    { role: 'user', content: 'Hello', ...fields },
    { role: 'assistant', content: 'Hi', tool_calls: [], ...fields },
  ];
  const file = await stage.file(
    'empty-fields.jsonl',
    JSON.stringify({ id: null, title: ' ', tags: [], messages }),
  );
  expect(await stage.import(file, user)).toMatchObject({
    code: 0,
    stderr: '1 conversations: 2 messages added, 0 were there already.\n',
  });
  const [conversation] = await stage.stored(user);
  expect(conversation?.title).toBeNull();
  expect(conversation?.messages.map(({ toolCalls }) => toolCalls)).toEqual([null, []]);
});

test('fields of a line are kept where there is a place, and the others named once', async () => {
  const user = newUser();
  const written = (id: string, fields: object) =>
    JSON.stringify({ id, ...fields, messages: [{ role: 'user', content: id }] });
  const file = await stage.file(
    'fields.jsonl',
    [
      written('a', { title: 'Ⅰ "one"', created_at: 1 }),
      written('b', { created_at: '2026-01-01', model: 'm', 'odd\u001b[31m key': 2 }),
      written('c', { title: 'three', created_at: 3, deleted_at: null }),
    ].join('\n'),
  );
  expect(await stage.import(file, user)).toMatchObject({
    code: 0,
    stderr:
      'Not kept, there is no place for it: ' +
      'created_at (line 1 and 2 more), model (line 2), "odd\\u001b[31m key" (line 2)\n' +
      '3 conversations: 3 messages added, 0 were there already.\n',
  });
  expect((await stage.stored(user)).map(({ title }) => title)).toEqual(['Ⅰ "one"', null, 'three']);
});

test('a title comes to a session that has none, and does not replace another', async () => {
  const user = newUser();
  const id = 'titled';
  const messages = [{ role: 'user', content: 'x' }];
  const importing = async (title?: string) =>
    stage.import(await stage.file('title.jsonl', JSON.stringify({ id, title, messages })), user);
  await importing();
  expect(await importing('First')).toMatchObject({ code: 0 });
  expect(await stage.stored(user)).toMatchObject([{ title: 'First' }]);
  const second = await importing('Second');
  expect(second).toMatchObject({ code: 0 });
  expect(second.stderr).toContain('line 1: the session has another title, which stays\n');
  expect(await stage.stored(user)).toMatchObject([{ title: 'First' }]);
});

test('an id that comes twice is named, also when it is a UUID in capitals', async () => {
  const user = newUser();
  const uuid = '9f1c0a52-8f0b-4c43-9a51-0d6a3a0f7a11';
  const lines = [line(uuid, 'one'), line(uuid.toUpperCase(), 'two'), line('x', 'three'), line('x', 'four')];
  const { stderr, code } = await stage.import(await stage.file('twice.jsonl', lines.join('\n')), user);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `line 2: the id ${uuid.toUpperCase()} came before\nline 4: the id x came before\n`,
  );
  expect(textsOf(await stage.stored(user))).toEqual([['one'], ['three']]);
});

describe('a file', () => {
  const conversations = ['one\u2028', 'two\u2029\u0085', 'three'].map((content, index) => ({
    id: `c${index}`,
    messages: [{ role: 'user', content }],
  }));
  const lines = conversations.map((conversation) => JSON.stringify(conversation));
  const forms: readonly [string, string][] = [
    ['with LF', `${lines.join('\n')}\n`],
    ['without the last LF', lines.join('\n')],
    ['with empty lines', `\n\n${lines.join('\n  \n')}\n\n`],
    ['with CRLF', `${lines.join('\r\n')}\r\n`],
    ['with a byte order mark', `\uFEFF${lines.join('\n')}\n`],
    ['that is one array', JSON.stringify(conversations)],
    ['that is one array of a conversation a line', `[${lines.join(',\n')}]\n`],
    ['that is one array in pretty print', `${JSON.stringify(conversations, null, 2)}\n`],
    [
      'that is one array with all else',
      `\uFEFF\r\n${JSON.stringify(conversations, null, '\t').replaceAll('\n', '\r\n')}`,
    ],
  ];
  test.each(forms)('%s is read', async (name, content) => {
    const user = newUser();
    const file = await stage.file(`${name}.json`, content);
    for (const counts of ['3 messages added, 0', '0 messages added, 3'])
      expect(await stage.import(file, user)).toMatchObject({
        code: 0,
        stderr: `3 conversations: ${counts} were there already.\n`,
      });
    expect(textsOf(await stage.stored(user))).toEqual([['one\u2028'], ['two\u2029\u0085'], ['three']]);
  });

  test('that is one conversation in pretty print is read', async () => {
    const user = newUser();
    const file = await stage.file('single.json', JSON.stringify(conversations[2], null, 2));
    expect(await stage.import(file, user)).toMatchObject({ code: 0 });
    expect(textsOf(await stage.stored(user))).toEqual([['three']]);
  });

  test('that is an array names its items', async () => {
    const user = newUser();
    const items = [
      lines[0],
      '{"messages":[{"role":"user","function_call":{"n":9007199254740993}}]}',
      '"[,]"',
      lines[2],
    ];
    const { code, stderr } = await stage.import(await stage.file('items.json', `[${items.join()}]`), user);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^item 2: messages\.0\.function_call\.n: .*\nitem 3: not a JSON object with messages\n/,
    );
    expect(textsOf(await stage.stored(user))).toEqual([['one\u2028'], ['three']]);
  });

  test.each([
    [
      'of several values in pretty print',
      conversations.map((each) => JSON.stringify(each, null, 2)).join('\n'),
      'neither',
    ],
    ['in UTF-16', Buffer.from(`\uFEFF${lines.join('\n')}`, 'utf16le'), 'UTF-16'],
  ])('%s is refused in one sentence', async (_, content, word) => {
    const user = newUser();
    const { code, stderr } = await stage.import(await stage.file('refused.json', content), user);
    expect(code).toBe(1);
    expect(stderr).toContain(word);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(await stage.stored(user)).toEqual([]);
  });
});
