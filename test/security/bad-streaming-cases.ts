import { Raw } from '../support/literal.js';
import { add, infinity, loneSurrogate, nul, over } from './bad-cases.js';
import { extend, finish, sessionId, start } from './calls.js';

// Ids
add('startChatMessage in a bad session', { ...start({ sessionId: 'x' }), path: ['input', 'sessionId'] });
add('startChatMessage of a bad id', { ...start({ id: 'x' }), path: ['input', 'id'] });
add('startChatMessage with the id of its session', { ...start({ id: sessionId }), path: ['input', 'id'] });
add('extendChatMessage in a bad session', {
  ...extend({ sessionId: 'x' }),
  path: ['input', 'sessionId'],
});
add('finishChatMessage in a bad session', {
  ...finish({ sessionId: 'x' }),
  path: ['input', 'sessionId'],
});
add('extendChatMessage of a bad id', { ...extend({ messageId: 'x' }), path: ['input', 'messageId'] });
add('finishChatMessage of a bad id', { ...finish({ messageId: 'x' }), path: ['input', 'messageId'] });

// Numbers
for (const offset of [-1, 1_000_001, 2_147_483_648, 0.5, '0', null, infinity]) {
  add(`offset ${JSON.stringify(offset)}`, { ...extend({ offset }), path: ['input', 'offset'] });
}
for (const name of ['promptTokens', 'completionTokens']) {
  for (const value of [-1, 2_147_483_648, 0.5]) {
    add(`${name} ${value}`, { ...finish({ usage: { [name]: value } }), path: ['input', 'usage', name] });
  }
}

// Text
for (const [how, text] of [
  ['NUL', nul],
  ['a lone surrogate', loneSurrogate],
  ['a lone low surrogate at the end', 'a\udc00'],
] as const) {
  for (const name of ['content', 'name']) {
    add(`${name} of a start with ${how}`, { ...start({ [name]: text }), path: ['input', name] });
  }
  add(`a piece with ${how}`, { ...extend({ delta: text }), path: ['input', 'delta'] });
  for (const name of ['content', 'refusal']) {
    add(`${name} of a finish with ${how}`, { ...finish({ [name]: text }), path: ['input', name] });
  }
  add(`toolCalls of a finish with ${how}`, {
    ...finish({ toolCalls: [{ a: text }] }),
    path: ['input', 'toolCalls'],
  });
}
const tooLong = 'x'.repeat(1_100_000);
add('beginning of 1.1 MB', { ...start({ content: tooLong }), path: ['input', 'content'] });
add('piece of 1.1 MB', { ...extend({ delta: tooLong }), path: ['input', 'delta'] });
add('piece that makes a text of one byte over 1 MB', {
  ...extend({ offset: 900_000, delta: `${'\u20ac'.repeat(33_333)}xx` }),
  path: ['input', 'delta'],
});
add('content of a finish of 1.1 MB', { ...finish({ content: tooLong }), path: ['input', 'content'] });
add('refusal of a finish of 1.1 MB', { ...finish({ refusal: tooLong }), path: ['input', 'refusal'] });
add('name of a start of 501 characters', { ...start({ name: over }), path: ['input', 'name'] });

// Shapes
for (const status of ['IN_PROGRESS', 'complete', 'DONE']) {
  add(`a finish of status ${status}`, { ...finish({ status: new Raw(status) }), path: ['input', 'status'] });
}
add('a finish without a status', {
  ...finish({ status: undefined }),
  path: ['input'],
  naming: /\bstatus\b/,
});
add('toolCalls of a finish that are a text', { ...finish({ toolCalls: 'x' }), path: ['input', 'toolCalls'] });
add('toolCalls of a finish over 256 kB', {
  ...finish({ toolCalls: [{ a: 'x'.repeat(256_000) }] }),
  path: ['input', 'toolCalls'],
});
