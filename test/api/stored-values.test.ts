import { describe, expect, test } from '@jest/globals';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import { appended, createSession, readMessages, readSession, updateContent } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

/** What comes back of messages that were sent. */
async function roundTrip(...messages: ChatMessageInput[]) {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const answered = await appended(client, id, messages);
  const read = await readMessages(client, id);
  expect(read).toEqual(answered);
  return read;
}

const texts = {
  'the empty text': '',
  blanks: '  \t\r\n ',
  'every control character but NUL': String.fromCharCode(...Array.from({ length: 31 }, (_, n) => n + 1)),
  'characters of four bytes': '𝕌😀𐍈',
  'an emoji of seven code points': '👩‍❤️‍💋‍👨',
  'combining and composed forms': 'e\u0301 \u00e9 \u1100\u1161 \uac00',
  'right to left, with marks': 'שלום \u202e\u200f\u2066مرحبا\u2069',
  'the last of the basic plane and the last of all': '\uffff\ufffe\ufdd0\u{10ffff}',
  'a byte order mark at the start': '\ufeffabc',
  'the replacement character': '\ufffd',
  'line and paragraph separators': '\u2028\u2029\u0085',
  'quotes and backslashes': `' " \\ \\u0000 \\x00 $1 $$ %s {} -- /* */ ;`,
};

test.each(Object.entries(texts))('text comes back as it was sent: %s', async (_what, text) => {
  const [message] = await roundTrip({
    role: 'TOOL',
    content: text,
    refusal: text,
    name: text,
    toolCallId: `call ${text}`,
    toolCalls: [{ [text]: text }],
    functionCall: { [text]: [text] },
  });
  expect(message).toMatchObject({ content: text, refusal: text, name: text, toolCallId: `call ${text}` });
  expect(JSON.stringify(message?.toolCalls)).toBe(JSON.stringify([{ [text]: text }]));
  expect(JSON.stringify(message?.functionCall)).toBe(JSON.stringify({ [text]: [text] }));
});

test.each(Object.entries(texts))(
  'so does a title, and the content of a tool call: %s',
  async (_what, text) => {
    const client = app.as(newUser());
    const { id } = await createSession(client, { title: text, credentials: { [text]: text } });
    // Nothing but blanks is no title.
    const title = /^[\s\u0085]*$/.test(text) ? null : text;
    expect(await readSession(client, id)).toMatchObject({ title, credentials: { [text]: text } });
    await appended(client, id, [{ role: 'TOOL', toolCallId: 'call' }]);
    await updateContent(client, { sessionId: id, toolCallId: 'call', content: text });
    expect((await readMessages(client, id))[0]?.content).toBe(text);
  },
);

test('null and empty are told apart', async () => {
  const [empty, none, absent] = await roundTrip(
    { role: 'TOOL', content: '', refusal: '', name: '', toolCalls: [], functionCall: {} },
    { role: 'TOOL', content: null, refusal: null, name: null, toolCalls: null, functionCall: null },
    { role: 'TOOL' },
  );
  expect(empty).toMatchObject({ content: '', refusal: '', name: '', toolCalls: [], functionCall: {} });
  for (const message of [none, absent]) {
    expect(message).toMatchObject({
      content: null,
      refusal: null,
      name: null,
      toolCallId: null,
      toolCalls: null,
      functionCall: null,
    });
  }
});

test('every role comes back', async () => {
  const roles = ['SYSTEM', 'DEVELOPER', 'USER', 'ASSISTANT', 'TOOL', 'FUNCTION'] as const;
  const messages = await roundTrip(...roles.map((role) => ({ role })));
  expect(messages.map(({ role }) => role)).toEqual(roles);
});

describe('content of 1,000,000 bytes', () => {
  test.each([
    ['one byte a character', 'x', 1_000_000],
    ['two', 'é', 500_000],
    ['four', '😀', 250_000],
  ])('fits: %s', async (_what, character, count) => {
    const content = character.repeat(count);
    expect(Buffer.byteLength(content)).toBe(1_000_000);
    const [message] = await roundTrip({ role: 'TOOL', content });
    expect(message?.content === content).toBe(true);
  });
});

describe('JSON of a message', () => {
  // Readers of JSON in JavaScript put keys that look like array indexes first: those are left out here.
  const call = {
    id: 'call_9',
    type: 'function',
    function: { name: 'find', arguments: '{"z":1,"a":{"y":2,"b":3}}' },
    zeta: { y: 1, b: [{ d: 1, a: 2, c: { z: null, e: '' } }], a: 3 },
    alpha: [true, false, null, 0, -1.5, 1e21, 1e-7],
    '': {},
  };

  test('keeps the order of its keys, at every depth', async () => {
    const [message] = await roundTrip({ role: 'ASSISTANT', toolCalls: [call, {}, call], functionCall: call });
    expect(JSON.stringify(message?.toolCalls)).toBe(JSON.stringify([call, {}, call]));
    expect(JSON.stringify(message?.functionCall)).toBe(JSON.stringify(call));
  });

  test('keeps keys with a meaning in JavaScript', async () => {
    const text = '{"constructor":1,"__proto__":{"polluted":true},"toString":null,"$type":"Json"}';
    const [message] = await roundTrip({
      role: 'ASSISTANT',
      toolCalls: [JSON.parse(text) as object],
      functionCall: JSON.parse(text) as object,
    });
    expect(JSON.stringify(message?.toolCalls)).toBe(`[${text}]`);
    expect(JSON.stringify(message?.functionCall)).toBe(text);
  });

  test('keeps the order of keys when it stands in the document itself', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const { data } = await client.post({
      query: `mutation {
        appendChatMessage(input: { sessionId: "${id}", message: { role: ASSISTANT, functionCall: { z: 1, a: { y: 2, b: 3 } } } }) {
          ... on AppendChatMessageSuccess { chatMessage { functionCall } }
        }
      }`,
    });
    expect(JSON.stringify(data)).toBe(
      '{"appendChatMessage":{"chatMessage":{"functionCall":{"z":1,"a":{"y":2,"b":3}}}}}',
    );
  });
});
