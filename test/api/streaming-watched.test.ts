import { expect, test } from '@jest/globals';
import { appended, fromUser, numbers } from '../support/ledger.js';
import {
  contentsOf,
  readRecord,
  readUntil,
  readUntilCaughtUp,
  SessionChanges,
  SessionRecord,
} from '../support/session-record.js';
import { openAnswer } from '../support/streaming.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';

const app = useTestApp();

test('watchers who come at any moment of an answer hold in the end what the ledger holds', async () => {
  const user = newUser();
  const client = app.as(user);
  const { sessionId, write, finished } = await openAnswer(client, { content: '\u{1F600} ' });
  const follow = (afterRevision: number) =>
    watch(app.url, { 'x-user-id': user }, SessionChanges, { sessionId, afterRevision });

  const watchers = [];
  for (const n of numbers(10)) {
    const stream = await follow(0);
    const record = new SessionRecord();
    await readUntilCaughtUp(stream, record);
    expect(contentsOf(record)).toEqual(await readRecord(client, sessionId));
    watchers.push({ stream, record });
    await write(`piece ${n} \u{1F9EE}, `, `and more, `);
    if (n % 3 === 0) await appended(client, sessionId, fromUser(`in between ${n}`));
  }
  await finished({ toolCalls: [{ id: 'call' }], usage: { promptTokens: 3, completionTokens: 4 } });

  const ledger = await readRecord(client, sessionId);
  expect(ledger).toMatchObject({ totalPromptTokens: 3, totalCompletionTokens: 4 });
  for (const { stream, record } of watchers) {
    await readUntil(stream, record, ledger.revision);
    expect(contentsOf(record)).toEqual(ledger);
    stream.stop();
  }
});
