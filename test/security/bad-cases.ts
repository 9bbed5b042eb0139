import { randomUUID } from 'node:crypto';
import { sessionCursor } from '../../src/ledger/cursor.js';
import { Raw } from '../support/literal.js';
import {
  batch,
  create,
  message,
  messages,
  nested,
  sessionId,
  sessions,
  tool,
  update,
  user,
  type Call,
} from './calls.js';

/** Arguments of a field that are refused, and where the error says that the bad value stands. */
export interface BadCase extends Call {
  readonly path: readonly (string | number)[];
  /** Who sends it. Default: the owner of the session. */
  readonly as?: 'service';
  /** Only through variables, or only in the document, where the other way can't say it. */
  readonly only?: 'variables' | 'literals';
  /** The word that names the field, where the path ends at the object around it. */
  readonly naming?: RegExp;
}

const messageId = randomUUID();

export const nul = 'a\0b';
export const loneSurrogate = 'a\ud800b';
export const over = 'x'.repeat(501);
export const notUuids = [
  'x',
  '',
  ' ',
  `${sessionId} `,
  `{${sessionId}}`,
  sessionId.replaceAll('-', ''),
  'x'.repeat(5_000),
];
export const infinity = new Raw('1e999');

/** By what is wrong. */
export const cases: Record<string, BadCase> = {};
export function add(name: string, bad: Omit<BadCase, 'args'> & { readonly args: object }): void {
  if (name in cases) throw new Error(`Two cases are called ${name}.`);
  cases[name] = { ...bad, args: bad.args as BadCase['args'] };
}

// Ids
for (const bad of notUuids) {
  add(`chatSession of id ${JSON.stringify(bad.slice(0, 40))}`, {
    field: 'chatSession',
    args: { id: bad },
    path: ['id'],
  });
}
add('node of a bad id', { field: 'node', args: { id: 'x' }, path: ['id'] });
add('node of a global id as Relay makes them', { field: 'node', args: { id: 'Q2hhdDox' }, path: ['id'] });
add('nodes with a bad id', { field: 'nodes', args: { ids: [sessionId, 'x'] }, path: ['ids', 1] });
add('nodes with 1001 ids', {
  field: 'nodes',
  args: { ids: Array<string>(1_001).fill(sessionId) },
  path: ['ids'],
});
add('an id with NUL', { field: 'chatSession', args: { id: nul }, path: ['id'] });
add('an id that is a float', { field: 'chatSession', args: { id: 5.5 }, path: ['id'] });
add('an id that is an object', { field: 'chatSession', args: { id: { a: 1 } }, path: ['id'] });
add('an id that is null', { field: 'chatSession', args: { id: null }, path: ['id'] });
add('createChatSession with a bad id', { ...create({ id: 'x' }), path: ['input', 'id'] });
add('updateChatSession of a bad id', { ...update({ id: 'x' }), path: ['input', 'id'] });
add('deleteChatSession of a bad id', {
  field: 'deleteChatSession',
  args: { input: { id: 'x' } },
  path: ['input', 'id'],
});
add('appendChatMessage to a bad id', {
  field: 'appendChatMessage',
  args: { input: { sessionId: 'x', message: user } },
  path: ['input', 'sessionId'],
});
add('appendChatMessage of a bad id', { ...message({ id: 'x' }), path: ['input', 'message', 'id'] });
add('appendChatMessages to a bad id', {
  field: 'appendChatMessages',
  args: { input: { sessionId: 'x', messages: [user] } },
  path: ['input', 'sessionId'],
});
add('appendChatMessages with a bad id', {
  ...batch([user, { ...user, id: 'x' }]),
  path: ['input', 'messages', 1, 'id'],
});
add('updateToolMessageContent of a bad id', { ...tool({ sessionId: 'x' }), path: ['input', 'sessionId'] });
add('the same id twice in a batch', {
  ...batch([{ ...user, id: messageId }, user, { ...user, id: messageId }]),
  path: ['input', 'messages', 2, 'id'],
});
add('the same id twice in a batch, in two cases', {
  ...batch([
    { ...user, id: messageId },
    { ...user, id: messageId.toUpperCase() },
  ]),
  path: ['input', 'messages', 1, 'id'],
});
add('a message with the id of its session', {
  ...message({ id: sessionId }),
  path: ['input', 'message', 'id'],
});
add('a message of a batch with the id of its session', {
  ...batch([user, { ...user, id: sessionId }]),
  path: ['input', 'messages', 1, 'id'],
});

// Numbers
for (const sequence of [-1, 1_000_000_001, 2_147_483_648, 1.5, '0', infinity]) {
  add(`sequence ${JSON.stringify(sequence)}`, {
    field: 'appendChatMessage',
    args: { input: { sessionId, sequence, message: user } },
    path: ['input', 'sequence'],
  });
  add(`startSequence ${JSON.stringify(sequence)}`, {
    field: 'appendChatMessages',
    args: { input: { sessionId, startSequence: sequence, messages: [user] } },
    path: ['input', 'startSequence'],
  });
}
for (const name of ['totalPromptTokens', 'totalCompletionTokens', 'addPromptTokens', 'addCompletionTokens']) {
  for (const value of [-1, 2_147_483_648, 0.5]) {
    add(`${name} ${value}`, { ...update({ [name]: value }), path: ['input', name] });
  }
}
add('setting and adding prompt tokens', {
  ...update({ totalPromptTokens: 1, addPromptTokens: 1 }),
  path: ['input', 'addPromptTokens'],
});
add('setting and adding completion tokens', {
  ...update({ totalCompletionTokens: 1, addCompletionTokens: 0 }),
  path: ['input', 'addCompletionTokens'],
});
add('adding beyond what a counter holds', {
  ...update({ addPromptTokens: 2_147_483_647 }),
  path: ['input', 'addPromptTokens'],
});

// Text
for (const [how, text] of [
  ['NUL', nul],
  ['a lone surrogate', loneSurrogate],
  ['a lone low surrogate at the end', 'a\udc00'],
] as const) {
  for (const name of ['content', 'name', 'toolCallId', 'refusal']) {
    add(`${name} with ${how}`, { ...message({ [name]: text }), path: ['input', 'message', name] });
    add(`${name} with ${how} in a batch`, {
      ...batch([user, { ...user, [name]: text }]),
      path: ['input', 'messages', 1, name],
    });
  }
  for (const name of ['toolCallId', 'content', 'expectedContent']) {
    add(`${name} of a tool call with ${how}`, { ...tool({ [name]: text }), path: ['input', name] });
  }
  add(`a new title with ${how}`, { ...create({ title: text }), path: ['input', 'title'] });
  add(`a changed title with ${how}`, { ...update({ title: text }), path: ['input', 'title'] });
  add(`userId of a new session with ${how}`, { ...create({ userId: text }), path: ['input', 'userId'] });
  add(`userId of a list with ${how}`, { ...sessions({ userId: text }), path: ['userId'], as: 'service' });
  for (const name of ['credentials', 'successfulAgentRuns', 'successfulAgentSchedules']) {
    add(`${name} with ${how} in a value`, {
      ...create({ [name]: { a: [{ b: text }] } }),
      path: ['input', name],
    });
    add(`${name} with ${how} in a key`, {
      ...update({ [name]: { a: { [text]: 1 } } }),
      path: ['input', name],
      only: 'variables',
    });
  }
  add(`toolCalls with ${how}`, {
    ...message({ toolCalls: [{ a: text }] }),
    path: ['input', 'message', 'toolCalls'],
  });
  add(`functionCall with ${how} in a key`, {
    ...message({ functionCall: { [text]: 1 } }),
    path: ['input', 'message', 'functionCall'],
    only: 'variables',
  });
}
add('content of 1.1 MB', {
  ...message({ content: 'x'.repeat(1_100_000) }),
  path: ['input', 'message', 'content'],
});
add('content one byte over 1 MB in multi-byte characters', {
  ...message({ content: `${'\u20ac'.repeat(333_333)}xx` }),
  path: ['input', 'message', 'content'],
});
add('refusal of 1.1 MB', {
  ...message({ refusal: 'x'.repeat(1_100_000) }),
  path: ['input', 'message', 'refusal'],
});
add('content of a tool call of 1.1 MB', {
  ...tool({ content: 'x'.repeat(1_100_000) }),
  path: ['input', 'content'],
});
add('expected content of 1.1 MB', {
  ...tool({ expectedContent: 'x'.repeat(1_100_000) }),
  path: ['input', 'expectedContent'],
});
add('title of 501 characters', { ...create({ title: over }), path: ['input', 'title'] });
add('changed title of 501 characters', { ...update({ title: over }), path: ['input', 'title'] });
add('name of 501 characters', { ...message({ name: over }), path: ['input', 'message', 'name'] });
add('toolCallId of 501 characters', {
  ...message({ toolCallId: over }),
  path: ['input', 'message', 'toolCallId'],
});
add('empty toolCallId', { ...message({ toolCallId: '' }), path: ['input', 'message', 'toolCallId'] });
add('empty toolCallId of an update', { ...tool({ toolCallId: '' }), path: ['input', 'toolCallId'] });

// Whose
for (const [how, userId] of [
  ['nobody', undefined],
  ['null', null],
  ['the empty user', ''],
  ['a user of 501 characters', over],
] as const) {
  add(`a service that creates for ${how}`, {
    ...create({ userId }),
    path: ['input', 'userId'],
    as: 'service',
  });
  add(`a service that lists for ${how}`, { ...sessions({ userId }), path: ['userId'], as: 'service' });
}

// Which of several answers
for (const bad of notUuids)
  add(`an update of the message ${JSON.stringify(bad.slice(0, 40))}`, {
    ...tool({ messageId: bad }),
    path: ['input', 'messageId'],
  });

// Batches and roles
add('501 messages', { ...batch(Array<object>(501).fill(user)), path: ['input', 'messages'] });
add('a null among the messages', { ...batch([user, null as never]), path: ['input', 'messages', 1] });
add('an unknown role', { ...message({ role: new Raw('ROBOT') }), path: ['input', 'message', 'role'] });
add('a role in small letters', { ...message({ role: new Raw('user') }), path: ['input', 'message', 'role'] });
add('an unknown role that speaks of another place', {
  ...message({ role: 'x at "input.sessionId"; ' }),
  path: ['input', 'message', 'role'],
});

// Windows
const garbage = [' ', 'x', '!!!', 'bVsx', nul, 'x'.repeat(100_000)];
for (const cursor of [
  ...garbage,
  Buffer.from('m[-1]').toString('base64url'),
  Buffer.from('m["1"]').toString('base64url'),
]) {
  for (const name of ['after', 'before']) {
    add(`messages ${name} ${JSON.stringify(cursor.slice(0, 20))}`, {
      ...messages({ [name]: cursor }),
      path: [name],
    });
  }
}
for (const tampered of [
  's[1,"x"]',
  's[-1,"00000000-0000-0000-0000-000000000000"]',
  's[1e300,"00000000-0000-0000-0000-000000000000"]',
  's[1]',
  's{}',
  's[[],[]]',
]) {
  const cursor = Buffer.from(tampered).toString('base64url');
  for (const name of ['after', 'before']) {
    add(`sessions ${name} ${tampered}`, { ...sessions({ [name]: cursor }), path: [name] });
  }
}
add('messages after a cursor of sessions', {
  ...messages({ after: sessionCursor.encode({ updatedAt: new Date().toISOString(), id: sessionId }) }),
  path: ['after'],
});
add('sessions after a cursor of messages', {
  ...sessions({ after: Buffer.from('m[1]').toString('base64url') }),
  path: ['after'],
});
for (const [list, name] of [
  [messages, 'messages'],
  [sessions, 'sessions'],
] as const) {
  for (const count of [-1, 1_001, 2_147_483_648, 1.5, '1']) {
    add(`${name}: first ${JSON.stringify(count)}`, { ...list({ first: count }), path: ['first'] });
    add(`${name}: last ${JSON.stringify(count)}`, { ...list({ last: count }), path: ['last'] });
  }
  add(`${name}: first with last`, { ...list({ first: 1, last: 1 }), path: ['last'] });
}
add('offset with last', { ...sessions({ last: 1, offset: 1 }), path: ['offset'] });
add('offset with before', {
  ...sessions({
    before: sessionCursor.encode({ updatedAt: new Date().toISOString(), id: sessionId }),
    offset: 1,
  }),
  path: ['offset'],
});
add('negative offset', { ...sessions({ offset: -1 }), path: ['offset'] });
add('offset of 10,001', { ...sessions({ offset: 10_001 }), path: ['offset'] });

// JSON
for (const name of ['credentials', 'successfulAgentRuns', 'successfulAgentSchedules']) {
  for (const value of [[], [{}], 'text', '{}', 5, true, [{ toString: 1 }]]) {
    add(`${name} ${JSON.stringify(value)}`, { ...create({ [name]: value }), path: ['input', name] });
  }
  add(`${name} too large`, { ...update({ [name]: { a: 'x'.repeat(256_000) } }), path: ['input', name] });
  add(`${name} 200 levels deep`, { ...create({ [name]: nested(200) }), path: ['input', name] });
  add(`${name} with a number beyond a double`, {
    ...create({ [name]: { a: [infinity] } }),
    path: ['input', name, 'a', 0],
  });
}
add('toolCalls of a text', { ...message({ toolCalls: ['x'] }), path: ['input', 'message', 'toolCalls', 0] });
add('toolCalls with a list among them', {
  ...message({ toolCalls: [{}, []] }),
  path: ['input', 'message', 'toolCalls', 1],
});
add('toolCalls with a null among them', {
  ...message({ toolCalls: [{}, null] }),
  path: ['input', 'message', 'toolCalls', 1],
});
add('toolCalls too large together', {
  ...message({ toolCalls: [{ a: 'x'.repeat(130_000) }, { a: 'x'.repeat(130_000) }] }),
  path: ['input', 'message', 'toolCalls'],
});
add('toolCalls 200 levels deep', {
  ...message({ toolCalls: [nested(200)] }),
  path: ['input', 'message', 'toolCalls'],
});
add('functionCall of a list', {
  ...message({ functionCall: [] }),
  path: ['input', 'message', 'functionCall'],
});
add('functionCall too large in multi-byte characters', {
  ...message({ functionCall: { a: '\u20ac'.repeat(86_000) } }),
  path: ['input', 'message', 'functionCall'],
});

// Shapes
add('an unknown field of a mutation', { ...create({ colour: 'red' }), path: ['input'], naming: /"colour"/ });
add('an unknown field of a message', {
  ...message({ sequence: 1 }),
  path: ['input', 'message'],
  naming: /"sequence"/,
});
add('a missing role', {
  ...batch([user, { content: 'x' }]),
  path: ['input', 'messages', 1],
  naming: /\brole\b/,
});
add('a missing session id', {
  field: 'appendChatMessage',
  args: { input: { message: user } },
  path: ['input'],
  naming: /\bsessionId\b/,
});
add('a missing message', {
  field: 'appendChatMessage',
  args: { input: { sessionId } },
  path: ['input'],
  naming: /\bmessage\b/,
});
add('a title that is a number', { ...create({ title: 5 }), path: ['input', 'title'] });
add('a content that is an object', {
  ...message({ content: { text: 'x' } }),
  path: ['input', 'message', 'content'],
});
add('a content that is a list of parts', {
  ...message({ content: [{ text: 'x' }] }),
  path: ['input', 'message', 'content'],
});
add('a flag that is a text', { ...update({ onlyIfUntitled: 'yes' }), path: ['input', 'onlyIfUntitled'] });
add('an unknown way to update', {
  ...update({ jsonUpdate: new Raw('PATCH') }),
  path: ['input', 'jsonUpdate'],
});
add('an input that is a text', { field: 'createChatSession', args: { input: 'x' }, path: ['input'] });
add('an input that is null', { field: 'createChatSession', args: { input: null }, path: ['input'] });
