import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { beginSocket } from '../support/socket.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
import { refusal } from './socket-calls.js';

let apps: TestApp[];
beforeAll(async () => {
  apps = await Promise.all([startTestApp({}, true), startTestApp({}, false)]);
});
afterAll(() => Promise.all(apps.map((app) => app.close())));

const field = 'userChatSessionChanges';
const streams = {
  'as events': { accept: 'text/event-stream' },
  'in parts': { accept: 'multipart/mixed;subscriptionSpec=1.0, application/json' },
  'as JSON': { accept: 'application/json' },
};

const refused: Record<string, string> = {
  'on the field': `subscription { ${field} @skip(if: true) { __typename } }`,
  'that would let it pass': `subscription { ${field} @skip(if: false) { __typename } }`,
  'to include it': `subscription { ${field} @include(if: false) { __typename } }`,
  'to include it, that would let it pass': `subscription { ${field} @include(if: true) { __typename } }`,
  'both on one field': `subscription { ${field} @skip(if: false) @include(if: true) { __typename } }`,
  'by a variable': `subscription ($on: Boolean!) { ${field} @include(if: $on) { __typename } }`,
  'by a variable with a default': `subscription ($on: Boolean = false) { ${field} @skip(if: $on) { __typename } }`,
  'on an inline fragment': `subscription { ... @skip(if: true) { ${field} { __typename } } }`,
  'on an inline fragment with a type': `subscription { ... on Subscription @include(if: false) { ${field} { __typename } } }`,
  'in an inline fragment': `subscription { ... { ... on Subscription { ${field} @skip(if: true) { __typename } } } }`,
  'on a spread': `subscription { ...F @skip(if: true) } fragment F on Subscription { ${field} { __typename } }`,
  'in a fragment': `subscription { ...F } fragment F on Subscription { ${field} @include(if: false) { __typename } }`,
  'in a fragment of a fragment': `subscription { ...F } fragment F on Subscription { ...G } fragment G on Subscription { ... { ${field} @skip(if: true) { __typename } } }`,
  'on a spread in a fragment': `subscription { ...F } fragment F on Subscription { ...G @skip(if: true) } fragment G on Subscription { ${field} { __typename } }`,
  'on one of two of the same field': `subscription { ${field} { __typename } ${field} @skip(if: true) { __typename } }`,
  'on the field under an alias': `subscription { a: ${field} @skip(if: true) { __typename } }`,
  'on the first of two fields': `subscription { a: ${field} @skip(if: true) { __typename } b: ${field} { __typename } }`,
  'in another operation of the document': `query A { __typename } subscription B { ${field} @skip(if: true) { __typename } }`,
  // What has no condition and is refused as before.
  'or two fields': `subscription { a: ${field} { __typename } b: ${field} { __typename } }`,
  'or a question about the schema': 'subscription { __typename }',
};

/** A subscription in which one condition stands somewhere between its root and its field. */
function generated(): string {
  const condition = ['@skip(if: true)', '@include(if: $on)', '@skip(if: $on)'][randomInt(3)] ?? '';
  const levels = randomInt(1, 7);
  const conditional = randomInt(levels + 1);
  const fragments: string[] = [];
  let inner = `${field} ${conditional === 0 ? condition : ''} { __typename }`;
  for (let level = 1; level <= levels; level += 1) {
    const directive = level === conditional ? condition : '';
    const kind = randomInt(3);
    if (kind === 0) inner = `... ${directive} { ${inner} }`;
    else if (kind === 1) inner = `... on Subscription ${directive} { ${inner} }`;
    else {
      fragments.push(`fragment F${level} on Subscription { ${inner} }`);
      inner = `...F${level} ${directive}`;
    }
  }
  return `subscription ($on: Boolean! = false) { ${inner} } ${fragments.join(' ')}`;
}

describe.each(Object.entries(streams))(
  'a condition on the root of a subscription, asked for %s,',
  (_how, accept) => {
    async function expectRefused(query: string, operationName?: string) {
      for (const app of apps) {
        const body = { query, variables: { on: true }, ...(operationName ? { operationName } : {}) };
        const { data, errors } = await app.as(newUser()).post(body, accept);
        expect({ query, data: data ?? null }).toEqual({ query, data: null });
        expect(errors).not.toEqual([]);
        expect({ query, codes: new Set(codesOf(errors)) }).toEqual({
          query,
          codes: new Set(['GRAPHQL_VALIDATION_FAILED']),
        });
      }
    }

    test.each(Object.entries(refused))('is refused %s', async (_where, query) => {
      await expectRefused(query, query.includes('subscription B') ? 'B' : undefined);
    });

    test('is refused wherever it is put', async () => {
      for (let n = 0; n < 40; n += 1) await expectRefused(generated());
    });
  },
);

test('a condition on the root of a subscription is refused over WebSocket', async () => {
  const [app] = apps;
  if (!app) throw new Error('There are two.');
  const socket = await beginSocket(app.url, { 'x-user-id': newUser() });
  for (const query of [...Object.values(refused), ...Array.from({ length: 20 }, generated)]) {
    const operationName = query.includes('subscription B') ? 'B' : null;
    const { extensions } = await refusal(socket, { query, operationName, variables: { on: true } });
    expect({ query, code: extensions.code }).toEqual({ query, code: 'GRAPHQL_VALIDATION_FAILED' });
  }
  socket.socket.close();
});

test('conditions below the root are taken', async () => {
  for (const app of apps)
    for (const query of [
      `subscription ($on: Boolean!) { ${field} { __typename @skip(if: $on) cursor @include(if: $on) } }`,
      `subscription { ...F } fragment F on Subscription { ${field} { ...G @include(if: true) } } fragment G on UserChatSessionChange { cursor }`,
    ]) {
      const accept = streams['in parts'];
      const abort = new AbortController();
      const response = await fetch(app.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': newUser(), ...accept },
        body: JSON.stringify({ query, variables: { on: true } }),
        signal: abort.signal,
      });
      expect(response.headers.get('content-type')).toMatch(/^multipart\/mixed/);
      abort.abort();
    }
});

test('nothing of it is a fault', () => {
  for (const app of apps) expect(app.log.filter(({ level }) => level === 'error')).toEqual([]);
});
