import { expect, test } from '@jest/globals';
import { newUser, startsTestApps } from '../support/test-app.js';

const start = startsTestApps();

test('iterators ask for smaller pages where an answer would be too large, from either end', async () => {
  const app = await start({ ANSWER_LIMIT: '1000000', UNREAD_LIMIT: '1000000' });
  const ledger = app.ledgerOf(newUser());
  const { id: sessionId } = (await ledger.sessions.create({})).chatSession;
  const contents = Array.from({ length: 30 }, (_, n) => `${n} `.padEnd(n % 10 === 5 ? 500_000 : 50_000, 'x'));
  for (const content of contents)
    await ledger.messages.append({ sessionId, message: { role: 'USER', content } });
  for (const from of ['start', 'end'] as const) {
    const found: (string | null)[] = [];
    for await (const { content } of ledger.messages.all({ sessionId, from })) found.push(content);
    expect(from === 'start' ? found : found.reverse()).toEqual(contents);
  }
});
