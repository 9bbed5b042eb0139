import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hashOf } from '../../src/auth/authenticate.js';
import type { ReceivedError } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { appended, createSession, fromUser } from '../support/ledger.js';
import { send } from '../support/raw-http.js';
import { SessionChanges } from '../support/session-record.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import { watchWays } from '../support/watch.js';
import { apiKey, bearer, good, hs256, now, secret } from './credentials.js';

const start = startsTestApps();

describe('a stream', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await start({ AUTH_JWT_SECRET: secret, AUTH_API_KEYS: `worker:${hashOf(apiKey)}` });
  });

  test.each(watchWays)(
    'over $way ends with an error when its token expires, and those of others go on',
    async ({ watch }) => {
      // 5 s are granted to clocks that differ.
      const short = bearer(await hs256(good({ exp: now() - 3 })));
      const alice = bearer(await hs256(good()));
      const bob = bearer(await hs256(good({ sub: 'bob' })));
      const { id } = await createSession(app.withHeaders(alice));
      const { id: bobs } = await createSession(app.withHeaders(bob));
      const service = bearer(apiKey);

      const expiring = await watch(app.url, short, SessionChanges, { sessionId: id });
      const others = [
        await watch(app.url, alice, SessionChanges, { sessionId: id }),
        await watch(app.url, service, SessionChanges, { sessionId: id }),
        await watch(app.url, bob, SessionChanges, { sessionId: bobs }),
      ];
      for (const stream of [expiring, ...others]) await stream.nextData();

      const last = await expiring.next();
      expect(last?.data).toBeNull();
      expect(codesOf(last?.errors ?? [], expiring.headers.get('x-request-id'))).toEqual(['UNAUTHENTICATED']);
      expect(last?.errors[0]?.message).toBe('The token has expired.');
      expect(await expiring.next()).toBeUndefined();

      for (const sessionId of [id, bobs])
        await appended(app.withHeaders(service), sessionId, fromUser('later'));
      for (const stream of others) {
        const { chatSessionChanges } = await stream.nextData();
        expect(chatSessionChanges).toMatchObject({ chatMessages: [{ content: 'later' }] });
        stream.stop();
      }
    },
  );

  test('in parts ends in the same way, and tells nothing that is for the server alone', async () => {
    const credentials = bearer(await hs256(good({ exp: now() - 3 })));
    const { id } = await createSession(app.withHeaders(credentials));
    const body = JSON.stringify({ query: SessionChanges.toString(), variables: { sessionId: id } });
    const accept = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0';
    const headers = { 'content-type': 'application/json', accept, ...credentials };
    const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body });
    const parts = answer.text.split('\r\n--graphql');
    expect(parts.at(-1)).toBe('--\r\n');
    const [, last = ''] = parts.at(-2)?.split('\r\n\r\n') ?? [];
    const { payload } = JSON.parse(last) as { payload: { errors: ReceivedError[] } };
    expect(codesOf(payload.errors, String(answer.headers['x-request-id']))).toEqual(['UNAUTHENTICATED']);
  });

  test.each([
    ['nothing', {}],
    ['a key that is not known', bearer('unknown')],
  ])('is not for who brings %s, whatever it accepts', async (_what, credentials) => {
    const body = JSON.stringify({ query: SessionChanges.toString(), variables: { sessionId: randomUUID() } });
    for (const accept of ['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0, application/json']) {
      const headers = { 'content-type': 'application/json', accept, ...credentials };
      const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body });
      expect(answer.status).toBe(401);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.text).toContain('"code":"UNAUTHENTICATED"');
    }
  });

  test('is no page: a browser that asks for one gets no events', async () => {
    const query = encodeURIComponent(`subscription { userChatSessionChanges(userId: "alice") { cursor } }`);
    const headers = { accept: 'text/html,text/event-stream' };
    const { headers: got } = await send(app.origin, `/graphql?query=${query}`, { headers });
    expect(got['content-type']).toMatch(/^text\/html/);
    const off = await start({ AUTH_JWT_SECRET: secret, GRAPHIQL: 'off' });
    expect(await send(off.origin, `/graphql?query=${query}`, { headers })).toMatchObject({ status: 401 });
  });
});
