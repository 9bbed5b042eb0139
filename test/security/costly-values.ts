import { randomUUID } from 'node:crypto';
import { numbers } from '../support/ledger.js';

/** A request that is refused, and where. */
export interface CostlyRefusal {
  readonly body: () => string;
  readonly code: string;
  /** Undefined: the error is not about a value. */
  readonly path?: readonly (string | number)[];
}

/** Bytes of a body below the default limit. */
const bodyBytes = 7_900_000;

const many = (text: string, bytes = bodyBytes) =>
  Array<string>(Math.floor(bytes / (text.length + 1)))
    .fill(text)
    .join(',');
const keys = (count: number) =>
  numbers(count)
    .map((n) => `"f${n}":1`)
    .join(',');
export const long = 'x'.repeat(bodyBytes - 1_000);

const createDocument =
  'mutation ($input: CreateChatSessionInput!) { createChatSession(input: $input) { __typename } }';
const appendDocument =
  'mutation ($input: AppendChatMessageInput!) { appendChatMessage(input: $input) { __typename } }';
const batchDocument =
  'mutation ($input: AppendChatMessagesInput!) { appendChatMessages(input: $input) { __typename } }';
const updateDocument =
  'mutation ($input: UpdateChatSessionInput!) { updateChatSession(input: $input) { __typename } }';
const finishDocument =
  'mutation ($input: FinishChatMessageInput!) { finishChatMessage(input: $input) { __typename } }';

/** Variables as text: what writes them is not to need the memory. */
const sent = (query: string, input: string, name = 'input') =>
  `{"query":${JSON.stringify(query)},"variables":{${JSON.stringify(name)}:${input}}}`;
const sessionId = randomUUID();
const create = (fields: string) => sent(createDocument, `{${fields}}`);
const append = (fields: string) =>
  sent(appendDocument, `{"sessionId":"${sessionId}","message":{"role":"USER",${fields}}}`);
const batch = (messages: string) =>
  sent(batchDocument, `{"sessionId":"${sessionId}","messages":${messages}}`);
const update = (fields: string) => sent(updateDocument, `{"id":"${sessionId}",${fields}}`);
const finish = (fields: string) =>
  sent(
    finishDocument,
    `{"sessionId":"${sessionId}","messageId":"${sessionId}","status":"COMPLETE",${fields}}`,
  );

const bad = (body: () => string, ...path: (string | number)[]): CostlyRefusal => ({
  body,
  code: 'BAD_USER_INPUT',
  path,
});

/** JSON in each of the places that take any. */
function inJson(what: string, json: () => string): Record<string, CostlyRefusal> {
  return {
    [`${what} as credentials`]: bad(() => create(`"credentials":${json()}`), 'input', 'credentials'),
    [`${what} as successful runs`]: bad(
      () => update(`"successfulAgentRuns":${json()}`),
      'input',
      'successfulAgentRuns',
    ),
    [`${what} as schedules`]: bad(
      () => create(`"successfulAgentSchedules":${json()}`),
      'input',
      'successfulAgentSchedules',
    ),
    [`${what} as a function call`]: bad(
      () => append(`"functionCall":${json()}`),
      'input',
      'message',
      'functionCall',
    ),
    [`${what} as a tool call`]: bad(() => append(`"toolCalls":[${json()}]`), 'input', 'message', 'toolCalls'),
    [`${what} as a tool call of an end`]: bad(() => finish(`"toolCalls":[${json()}]`), 'input', 'toolCalls'),
  };
}

export const inJsonInputs: Record<string, CostlyRefusal> = {
  ...inJson('500,000 keys', () => `{${keys(500_000)}}`),
  ...inJson('2 million objects', () => `{"a":[${many('{}')}]}`),
  ...inJson('4 million lists in each other', () => `{"a":${'['.repeat(3_900_000)}${']'.repeat(3_900_000)}}`),
  ...inJson('4 million numbers', () => `{"a":[${many('1')}]}`),
  ...inJson('7 MB of text', () => `{"a":"${long}"}`),
  ...inJson(
    '250,000 keys in objects',
    () =>
      `{"a":[${numbers(240_000)
        .map((n) => `{"${n}":1}`)
        .join(',')}]}`,
  ),
};

export const values: Record<string, CostlyRefusal> = {
  '1 MB of unknown fields': bad(() => create(keys(80_000)), 'input'),
  '500,000 unknown fields': bad(() => create(keys(500_000)), 'input'),
  'an unknown field beside 7 MB': bad(() => create(`"f":1,"title":"${long}"`), 'input'),
  'unknown fields beside JSON': bad(() => create(`"f":1,"credentials":{${keys(150_000)}}`), 'input'),
  'unknown names of 1 MB': bad(
    () =>
      create(
        numbers(7)
          .map((n) => `"${n}${'x'.repeat(1_000_000)}":1`)
          .join(','),
      ),
    'input',
  ),
  'an unknown name of 7 MB': bad(() => create(`"${long}":1`), 'input'),
  '2 million tool calls': bad(() => append(`"toolCalls":[${many('{}')}]`), 'input', 'message', 'toolCalls'),
  '80,000 tool calls of nothing': bad(
    () => append(`"toolCalls":[${many('{}', 260_000)}]`),
    'input',
    'message',
    'toolCalls',
  ),
  '200,000 tool calls': bad(
    () => append(`"toolCalls":[${many('{}', 600_000)}]`),
    'input',
    'message',
    'toolCalls',
  ),
  '4 million numbers for tool calls': bad(
    () => append(`"toolCalls":[${many('1')}]`),
    'input',
    'message',
    'toolCalls',
  ),
  '2 million texts for tool calls': bad(
    () => append(`"toolCalls":[${many('""')}]`),
    'input',
    'message',
    'toolCalls',
  ),
  '900,000 texts for tool calls': bad(
    () => append(`"toolCalls":[${many('""', 2_700_000)}]`),
    'input',
    'message',
    'toolCalls',
    0,
  ),
  'a list of lists for a function call': bad(
    () => append(`"functionCall":[${many('[]')}]`),
    'input',
    'message',
    'functionCall',
  ),
  'numbers for a function call': bad(
    () => append(`"functionCall":[${many('11')}]`),
    'input',
    'message',
    'functionCall',
  ),
  'a text of 7 MB for a function call': bad(
    () => append(`"functionCall":"${long}"`),
    'input',
    'message',
    'functionCall',
  ),
  '500,000 keys for a text': bad(() => create(`"title":{${keys(500_000)}}`), 'input', 'title'),
  '200,000 keys for a text': bad(() => create(`"title":{${keys(200_000)}}`), 'input', 'title'),
  '7 MB for an id': bad(() => create(`"id":"${long}"`), 'input', 'id'),
  '7 MB for a number': bad(() => update(`"totalPromptTokens":"${long}"`), 'input', 'totalPromptTokens'),
  '7 MB for a role': bad(() => batch(`[{"role":"${long}"}]`), 'input', 'messages', 0, 'role'),
  'a list of roles for a role': bad(
    () => batch(`[{"role":[${many('"USER"')}]}]`),
    'input',
    'messages',
    0,
    'role',
  ),
  '400,000 messages with a misspelt role': bad(
    () => batch(`[${many('{"role":"USRE"}')}]`),
    'input',
    'messages',
  ),
  '100,000 messages with a misspelt role': bad(
    () => batch(`[${many('{"role":"ASISTANT"}', 2_200_000)}]`),
    'input',
    'messages',
  ),
  '9,000 messages with a misspelt role': bad(
    () => batch(`[${many('{"role":"ASISTANT"}', 180_000)}]`),
    'input',
    'messages',
    0,
    'role',
  ),
  '2 million messages of nothing': bad(() => batch(`[${many('{}')}]`), 'input', 'messages'),
  '200,000 messages of nothing': bad(() => batch(`[${many('{}', 600_000)}]`), 'input', 'messages'),
  '4 million numbers for messages': bad(() => batch(`[${many('1')}]`), 'input', 'messages'),
  '900,000 numbers for messages': bad(() => batch(`[${many('1', 1_800_000)}]`), 'input', 'messages'),
  '100,000 good messages': bad(() => batch(`[${many('{"role":"USER"}', 1_600_000)}]`), 'input', 'messages'),
  '100,000 good messages before a bad one': bad(
    () => batch(`[${many('{"role":"USER"}', 1_600_000)},{"role":"x"}]`),
    'input',
    'messages',
  ),
  '9,999 good messages before a bad one': bad(
    () => batch(`[${many('{"role":"USER"}', 16 * 9_999)},{"role":"x"}]`),
    'input',
    'messages',
    9_999,
    'role',
  ),
  '500 messages of 15 kB, and one of them bad': bad(
    () =>
      batch(
        `[${Array(499)
          .fill(`{"role":"USER","content":"${'x'.repeat(15_000)}"}`)
          .join(',')},{"role":"USER","f":1}]`,
      ),
    'input',
    'messages',
    499,
  ),
  'text of control characters': bad(
    () => append(`"content":"${'\\u0000'.repeat(1_300_000)}"`),
    'input',
    'message',
    'content',
  ),
  'text of halves of characters': bad(
    () => append(`"content":"${'\\ud800'.repeat(1_300_000)}"`),
    'input',
    'message',
    'content',
  ),
  'text of 7 MB': bad(() => append(`"content":"${long}"`), 'input', 'message', 'content'),
  'a title of 7 MB': bad(() => create(`"title":"${long}"`), 'input', 'title'),
  'a number of 7 million digits': bad(
    () => append(`"functionCall":{"a":${'1'.repeat(bodyBytes - 1_000)}}`),
    'input',
    'message',
    'functionCall',
    'a',
  ),
  'a small number of 7 million digits': bad(
    () => append(`"functionCall":{"a":0.${'0'.repeat(bodyBytes - 1_000)}1}`),
    'input',
    'message',
    'functionCall',
    'a',
  ),
  'a million numbers that are doubtful': bad(
    () => append(`"functionCall":{"a":[${many('0e1')},1e999]}`),
    'input',
    'message',
    'functionCall',
  ),
  '400,000 numbers that are doubtful, and a bad one': bad(
    () => append(`"functionCall":{"a":[${many('0e1', 1_600_000)},1e999]}`),
    'input',
    'message',
    'functionCall',
    'a',
    400_000,
  ),
  '2 million ids that are none': bad(
    () => sent('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }', `[${many('{}')}]`, 'ids'),
    'ids',
  ),
  '4 million ids': {
    body: () => sent('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }', `[${many('1')}]`, 'ids'),
    code: 'BAD_USER_INPUT',
    path: ['ids'],
  },
  '900,000 ids': bad(
    () =>
      sent('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }', `[${many('1', 1_800_000)}]`, 'ids'),
    'ids',
  ),
  'a cursor of 7 MB': bad(
    () =>
      sent('query ($after: String) { chatSessions(after: $after) { nodes { id } } }', `"${long}"`, 'after'),
    'after',
  ),
  'a variable that nothing asks for, with 2 million objects': bad(
    () => `{"query":"{ __typename }","variables":{"a":[${many('{}')}]}}`,
    'a',
  ),
  '500,000 variables': bad(() => `{"query":"{ __typename }","variables":{${keys(500_000)}}}`),
};

export const bodies: Record<string, CostlyRefusal> = {
  'a list of 2 million requests': { body: () => `[${many('{}')}]`, code: 'BAD_REQUEST' },
  '4 million brackets': { body: () => '['.repeat(bodyBytes), code: 'BAD_REQUEST' },
  'JSON without its end': {
    body: () => `{"query":"{ __typename }","variables":{"a":[${many('{}')}`,
    code: 'BAD_REQUEST',
  },
  '500,000 extensions': {
    body: () => `{"query":"{ __typename }","extensions":{${keys(500_000)}}}`,
    code: 'BAD_REQUEST',
  },
  '500,000 properties': { body: () => `{"query":"{ __typename }",${keys(500_000)}}`, code: 'BAD_REQUEST' },
};
