import { expect, test } from '@jest/globals';
import { appended, createSession } from '../support/ledger.js';
import { newUser, startsTestApps } from '../support/test-app.js';

const start = startsTestApps();

// Only the fast path writes answers as text, into which the database can put lists of messages as JSON.
test.each([
  ['on', ['sessions_with_messages_by_id']],
  ['off', ['sessions_by_id', 'message_windows']],
])('FAST_PATH=%s decides who answers a plain query, and not what', async (FAST_PATH, statements) => {
  const app = await start({ FAST_PATH });
  const user = newUser();
  const { id } = await createSession(app.as(user));
  await appended(app.as(user), id, [{ role: 'USER', content: 'hello' }]);
  const query = `{ chatSession(id: "${id}") { messages { nodes { content } } } }`;
  const sent = await app.countingStatements(async () => {
    const response = await fetch(app.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': user },
      body: JSON.stringify({ query }),
    });
    return response.text();
  });
  expect(sent.result).toBe('{"data":{"chatSession":{"messages":{"nodes":[{"content":"hello"}]}}}}');
  expect(sent.statements).toEqual(statements);
});
