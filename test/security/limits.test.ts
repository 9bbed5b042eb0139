import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Raw } from '../support/literal.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
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

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

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
