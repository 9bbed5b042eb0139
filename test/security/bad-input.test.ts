import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { useTestApp } from '../support/test-app.js';
import { cases, type BadCase } from './bad-cases.js';
import { addLiveCases } from './bad-live-cases.js';
import './bad-json-cases.js';
import './bad-streaming-cases.js';
import { answerId, headersFor, owner, sessionId, throughLiterals, throughVariables } from './calls.js';

addLiveCases();

const app = useTestApp();

async function stored(): Promise<unknown> {
  const { rows } = await app.database.sql.query(
    `SELECT (SELECT json_agg(s ORDER BY id) FROM "ChatSession" s)::text AS sessions,
            (SELECT count(*) FROM "ChatMessage")::int AS messages,
            (SELECT json_agg(st) FROM "ChatMessageStream" st)::text AS streams,
            (SELECT count(*) FROM "ChatMessageChunk")::int AS chunks`,
  );
  return rows;
}

describe('bad input', () => {
  let before: unknown;
  beforeAll(async () => {
    const { errors } = await app.as(owner).post({
      query: `mutation { createChatSession(input: { id: "${sessionId}", title: "kept" }) { __typename }
        updateChatSession(input: { id: "${sessionId}", totalPromptTokens: 1 }) { __typename }
        appendChatMessage(input: { sessionId: "${sessionId}", message: { role: TOOL, toolCallId: "call", content: "kept" } }) { __typename } }`,
    });
    expect(errors).toEqual([]);
    const started = await app.as(owner).post({
      query: 'mutation ($input: StartChatMessageInput!) { startChatMessage(input: $input) { __typename } }',
      variables: { input: { sessionId, id: answerId, content: 'x'.repeat(900_000) } },
    });
    expect(started.data).toEqual({ startChatMessage: { __typename: 'StartChatMessageSuccess' } });
    before = await stored();
  });
  afterAll(async () => {
    // Once for all: nothing of the whole table was stored, and the rows that were there are as they were.
    expect(await stored()).toEqual(before);
  });

  for (const [way, bodyOf, leftOut] of [
    ['variables', throughVariables, 'literals'],
    ['literals', throughLiterals, 'variables'],
  ] as const) {
    describe(`through ${way}`, () => {
      const taken = Object.entries(cases).filter(([, bad]) => bad.only !== leftOut);
      test.each(taken)('%s', async (_name, bad) => {
        const client = app.as(bad.as === 'service' ? undefined : owner);
        const { errors, data, headers } = await client.post(bodyOf(bad), headersFor(bad));
        const [code] = codesOf(errors, headers.get('x-request-id'));
        if (way === 'literals' && hasLoneSurrogate(bad.args)) {
          // The parser does not read it, and says where.
          expect(code).toBe('GRAPHQL_PARSE_FAILED');
          expect(errors[0]?.locations).toEqual([{ line: 1, column: expect.any(Number) }]);
          return;
        }
        expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(code);
        expectNamed(errors, bad);
        expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
      });
    });
  }
});

function hasLoneSurrogate(args: object): boolean {
  // JSON.stringify escapes these alone.
  return /\\ud[89a-f]/.test(JSON.stringify(args));
}

function expectNamed(errors: readonly ReceivedError[], { path, naming }: BadCase): void {
  const [error] = errors;
  const found = error?.extensions.path ?? [];
  // In the document an unknown field is a place of its own; in variables it is known by the object around it.
  expect(found.slice(0, path.length)).toEqual(path);
  if (naming) expect(error?.message).toMatch(naming);
  else expect(found).toEqual(path);
}
