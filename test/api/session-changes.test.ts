import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appended, createSession, updated } from '../support/ledger.js';
import { contentsOf, readRecord, SessionChanges, SessionRecord } from '../support/session-record.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('x', async () => {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  const stream = await watch(app.url, { 'x-user-id': user }, SessionChanges, {
    sessionId: id,
    afterRevision: 0,
  });
  const record = new SessionRecord();
  record.apply((await stream.nextData()).chatSessionChanges);
  await appended(client, id, [
    { role: 'USER', content: 'a' },
    { role: 'USER', content: 'b' },
  ]);
  await updated(client, { id, title: 'x' });
  record.apply((await stream.nextData()).chatSessionChanges);
  record.apply((await stream.nextData()).chatSessionChanges);
  stream.stop();
  expect(contentsOf(record)).toEqual(await readRecord(client, id));
  expect(randomUUID()).toBeTruthy();
});
